"""What may not be seen is nowhere: every public address, format and visitor, as the table of statuses says.

The event has a canary in every field. `fields_shown()` says which of them an address shows of an event that may be
seen there; `own_page()` and `is_listed()` say when that is. The routes come from tests/routes.py: a new list of events
gets its line in `is_listed()`, a new status is a case by itself.
"""

import re
from copy import copy
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from collectives.models import Collective
from events.models import Area, Attachment, Comment, Event, EventGroup, Tag
from events.views import receipts
from moderation.models import ModerationAction, Status
from tests.factories import make_attachment, make_collective, make_comment, make_event, make_filter
from tests.routes import LISTS, Kind, Route, World, of_kind

pytestmark = pytest.mark.django_db

VISITORS = ["anonymous", "other", "member", "author", "moderator"]
READERS = ["anonymous", "other", "member", "author"]
REASON = "Advertising is not for this site"
PK = 77_777_777

CANARIES = {
    "id": str(PK),
    "title": "canary-title",
    "summary": "canary-summary",
    "summary_source": "canary-typed-summary",
    "body": "canary-body",
    "body_source": "canary-typed-body",
    "place": "canary-place",
    "published_by": "canary-publisher",
    "contact_email": "canary-mail@example.org",
    "contact_phone": "canary-phone",
    "source": "https://canary-source.example/",
    "admin_note": "canary-note",
    "file": "canary-file",
    "file_content_type": "canary-mime",
    "attachment": "canary-attachment",
    "tag": "canary-tag",
    "area": "canary-area",
}
IN_RECORD = {"id", "title", "summary", "body", "place", "published_by", "contact_email", "contact_phone", "source"}
IN_FULL = IN_RECORD | {"attachment"}
IN_XML = IN_RECORD | {"admin_note", "file", "file_content_type"}
IN_ICS = {"id", "title", "summary", "body", "place", "tag"}
IN_ATOM = {"id", "title", "summary", "body", "published_by", "tag"}
IN_JSON = IN_ATOM | {"place", "source", "area", "tag", "attachment"}
IN_OWN_JSON = IN_JSON | {"contact_email", "contact_phone"}
IN_ROW = {"id", "title", "summary", "place", "tag", "area"}
IN_SHORT_ROW = {"id", "title", "summary", "place"}
IN_SHEET = {"id", "title", "place", "area"}
IN_POSTER = IN_SHEET | {"summary"}
IN_BRIEF = {"id", "title", "place"}
IN_GRID = {"id", "title"}
IN_TERMS = {"tag", "area"}
IN_OEMBED = {"id", "title"}
SUGGESTED = {"place", "tag", "area"}
IN_COPY = SUGGESTED | {"title", "summary_source", "body_source", "source"}
OF_ITS_AUTHOR = {"published_by", "contact_email", "contact_phone"}
NOTHING: set[str] = set()


@dataclass(frozen=True)
class Case:
    """An event in a state of moderation."""

    status: Status
    was_public: bool = True
    past: bool = False
    # Hidden by a content filter, before or after everybody had seen it.
    held: bool = False

    def __str__(self) -> str:
        status = "held" if self.held else self.status
        return f"{status} {'past' if self.past else 'coming'}{'' if self.was_public else ' never public'}"


CASES = [
    *(Case(status, past=past) for status in Status for past in (False, True)),
    Case(Status.HIDDEN, was_public=False),
    Case(Status.PENDING, was_public=False),
    Case(Status.HIDDEN, was_public=False, held=True),
    Case(Status.HIDDEN, held=True),
]
# When an event is held makes no difference to what a policy means.
CASES_BY_POLICY = [
    (policy, case) for policy in ("open", "review") for case in CASES if policy == "open" or not case.past
]


def is_public(case: Case, policy: str) -> bool:
    if case.status == Status.PENDING:
        return policy == "open"
    return case.status != Status.HIDDEN


def own_page(case: Case, policy: str, visitor: str) -> int:
    """The answer of the event's page and formats."""
    if is_public(case, policy) or visitor == "moderator":
        return 200
    if case.held and visitor in ("author", "member"):
        return 200
    if case.status == Status.HIDDEN:
        return 410 if case.was_public else 404
    return 200 if visitor in ("author", "member") else 404


def is_listed(route: Route, case: Case, event: Event) -> bool:
    """Whether the list at this address would hold the event, if everybody may see it."""
    name = re.sub(r"\.(embed|<(list|of_group):suffix>)$", "", route.pattern)
    starts = timezone.localtime(event.date)
    if name.startswith(("sitemap-events", "sitemap-months", "sitemap-tags", "sitemap-areas", "sitemap-venues")):
        return True
    if name == "events/featured":
        return case.status == Status.FEATURED
    if name == "events/promoted":
        return case.status == Status.PROMOTED
    if name == "events/archive":
        return case.past
    if name in ("events/new", "events/new/day"):
        return True
    if name in ("", "events"):
        return not case.past
    if name in ("events/today", "events/tonight", "events/ongoing"):
        return False
    if name == "events/next":
        return not case.past
    if name == "events/weekend":
        monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
        is_evening = starts.weekday() > 4 or (starts.weekday() == 4 and starts.hour >= 17)
        return is_evening and monday <= starts.date() <= monday + timedelta(days=6)
    if name == "events/archive/<year:year>":
        # The page of a year says how many, not which.
        return route.pattern != name
    if name == "feeds":
        return not case.past
    return name.startswith("events/<year") or name in (
        "groups/<slug:slug>",
        "series/<int:pk>",
        "tags",
        "tags.json",
        "areas.json",
        "tags/<term:slug>",
        "areas/<term:slug>",
        "places/<term:slug>",
        "search",
    )


def is_of_something(route: Route) -> bool:
    """Whether the page is there only while something that may be seen belongs to it."""
    of_terms = ("tags/", "areas/", "places/", "sitemap-tags", "sitemap-areas", "sitemap-venues")
    return route.pattern.startswith(("series/", *of_terms, "sitemap-events", "sitemap-months"))


def is_own(route: Route) -> bool:
    if is_for_other_sites(route):
        return True
    return route.pattern.startswith("events/<int:pk>") and not is_form_about(route) and not is_copy(route)


def is_for_other_sites(route: Route) -> bool:
    """Whether other sites show the event by it, the same for everybody whoever is logged in."""
    return route.pattern in ("events/<int:pk>/embed", "oembed")


def is_copy(route: Route) -> bool:
    """Whether it is the form that posts an event again, which is there for whoever sees the event."""
    return route.pattern == "events/<int:pk>/copy"


def is_form_about(route: Route) -> bool:
    """Whether it is a form to report or add to a post; it names the post, and is there for what everybody may see."""
    return route.pattern.endswith(("/report", "/comments/new"))


def is_of_comment(route: Route) -> bool:
    return route.pattern.startswith("comments/")


def is_log(route: Route) -> bool:
    """Whether it is the public log, which tells the reason, and but for its JSON the number of what was hidden."""
    return route.pattern.startswith("hidden")


def fields_shown(route: Route, address: str, case: Case) -> set[str]:
    """The fields of a visible event at this address."""
    return fields_of_format(route, address, case) | fields_of_title(route)


def fields_of_title(route: Route) -> set[str]:
    """What the name of the list itself tells: it is there only while something visible has it."""
    titles = {"tags/<term:slug>": {"tag"}, "areas/<term:slug>": {"area"}, "places/<term:slug>": {"place"}}
    return titles.get(route.pattern.partition(".")[0], set())


def fields_of_format(route: Route, address: str, case: Case) -> set[str]:
    suffix = address.partition("?")[0].rpartition(".")[2]
    if route.pattern.startswith("sitemap-"):
        named = {
            "sitemap-events": {"id"},
            "sitemap-tags": {"tag"},
            "sitemap-areas": {"area"},
            "sitemap-venues": {"place"},
        }
        return named.get(route.pattern.partition("-<")[0], NOTHING)
    if route.pattern == "oembed":
        # The author is the group here.
        return IN_OEMBED
    if route.pattern == "events/<int:pk>/embed":
        return IN_BRIEF
    if route.pattern in ("tags.json", "areas.json"):
        return {route.pattern.removesuffix("s.json")}
    if suffix == "embed":
        return IN_BRIEF
    if suffix == "txt":
        return IN_BRIEF | {"summary"}
    if suffix == "json":
        return IN_OWN_JSON if is_own(route) else IN_JSON
    if suffix == "xml":
        return IN_XML
    if suffix == "ics":
        return IN_ICS
    if suffix in ("atom", "rss"):
        return IN_ATOM
    if route.pattern.endswith("/sheet"):
        return IN_SHEET
    if route.pattern.endswith("/poster"):
        return IN_POSTER
    if is_own(route):
        return IN_FULL | {"tag", "area"}
    if route.pattern == "events/new":
        return SUGGESTED
    if route.pattern == "events/new/day":
        return IN_BRIEF
    if route.pattern == "events/<year:year>/<month:month>":
        return IN_GRID
    if route.pattern in ("tags", "feeds"):
        return IN_TERMS
    if route.pattern == "search":
        return IN_SHORT_ROW | {"tag"}
    is_short = case.past and "<day:day>" not in route.pattern and "<week:week>" not in route.pattern
    return IN_SHORT_ROW if is_short else IN_ROW


def mark(number: int) -> str:
    """What the canaries of one of several events have in them; nothing where there is one, the number 0."""
    return "-abcdefghi"[number].strip("-")


def canaries(number: int = 0) -> dict[str, str]:
    marked = {name: canary.replace("canary", f"canary{mark(number)}") for name, canary in CANARIES.items()}
    return marked | {"id": str(id_of(number))}


def id_of(number: int) -> int:
    return PK + number


def reason(number: int = 0) -> str:
    return f"{REASON}{mark(number)}"


def canaries_in(response, number: int = 0) -> set[str]:
    text = repr(dict(response.headers)) + response.content.decode()
    return {name for name, canary in canaries(number).items() if canary in text}


def make_canary(world: World, case: Case) -> Event:
    """The event of the world, with a canary in every field, in the state of the case."""
    Event.objects.all().delete()
    return put_canary(world, case)


def make_canaries(world: World, cases: list[Case]) -> list[World]:
    """One event for each case in the same world, and the world as each of them has it. Their numbers begin with 1."""
    Event.objects.all().delete()
    worlds = [copy(world) for _ in cases]
    for number, (of_case, case) in enumerate(zip(worlds, cases, strict=True), 1):
        of_case.series = EventGroup.objects.create()
        put_canary(of_case, case, number)
    return worlds


def put_canary(world: World, case: Case, number: int = 0) -> Event:
    words = canaries(number)
    texts = {name: canary for name, canary in words.items() if name not in ("id", "attachment", "tag", "area")}
    since = timezone.now() if case.was_public else None
    world.event = make_event(
        **texts,
        id=id_of(number),
        # The grid of a month has room for four on a day.
        date=timezone.now() + timedelta(days=(-20 if case.past else 2) + number % 3),
        status=Status.PENDING if case.status == Status.HIDDEN else case.status,
        tags=(words["tag"],),
        areas=(words["area"],),
        user=world.author,
        collective=world.collective,
        event_group=world.series,
        public_since=since,
    )
    world.comment = make_comment(world.event)
    make_attachment(world.event, title=words["attachment"], kind=Attachment.Kind.DOCUMENT)
    if case.held:
        make_filter(words["title"], title="canary-filter")
        world.event.screen()
    elif case.status == Status.HIDDEN:
        world.event.hide(by=world.moderator, reason=reason(number), note=words["admin_note"])
    Event.objects.filter(pk=world.event.pk).update(public_since=since)
    ModerationAction.objects.of(world.event).update(was_public=case.was_public)
    return world.event


def addresses_of(worlds: list[World], *, sampled: bool = False) -> dict[tuple[Route, str], list[int]]:
    """Every public address, and the numbers of the worlds whose address it is: that of a list is the same for many."""
    found: dict[tuple[Route, str], list[int]] = {}
    for number, world in enumerate(worlds, 1):
        for route in public_routes():
            for address in route.addresses(world, sampled=sampled):
                found.setdefault((route, address), []).append(number)
    return found


def public_routes() -> list[Route]:
    return of_kind(Kind.PAGE, Kind.DATA, Kind.EMBED, Kind.LEAD, Kind.FORM)


@pytest.mark.parametrize("public", [True, False], ids=["public", "not public"])
@pytest.mark.parametrize("policy", ["open", "review"])
def test_event_is_seen_where_its_status_says_and_nowhere_else(settings, policy, public):
    settings.MODERATION_POLICY = policy
    # What is public is apart from what is not: there are pages that are there only while something is on them.
    cases = [case for of, case in CASES_BY_POLICY if of == policy and is_public(case, policy) == public]
    world = World()
    worlds = make_canaries(world, cases)

    for visitor in VISITORS:
        client = world.client(visitor)
        # Every format of a list for those without an account, once; for the others one of them.
        addresses = addresses_of(worlds, sampled=visitor != "anonymous" or policy == "review")
        for (route, address), numbers in addresses.items():
            response = client.get(address)
            text = response.content.decode()
            for number in numbers:
                case, event, at = cases[number - 1], worlds[number - 1].event, (visitor, address, number)
                if is_of_comment(route):
                    # A comment is where its event is. It leads there, and its report says nothing of the event.
                    leads = route.kind == Kind.LEAD
                    seen = own_page(case, policy, visitor) == 200 if leads else public
                    status = (302 if leads else 200) if seen else 404
                    shown = {"id"} if status == 302 else NOTHING
                    assert response.status_code == status, at
                elif is_form_about(route) and "events" in route.pattern:
                    status = 200 if public else 404
                    shown = {"id", "title"} if status == 200 else NOTHING
                    assert response.status_code == status, at
                elif is_copy(route):
                    is_seen = own_page(case, policy, visitor) == 200
                    assert response.status_code == (200 if is_seen else 404), at
                    shown = (IN_COPY if is_seen else NOTHING) | (
                        OF_ITS_AUTHOR if is_seen and visitor in ("author", "member") else NOTHING
                    )
                elif is_log(route):
                    logged = case.status == Status.HIDDEN and case.was_public and not case.held
                    shown = {"id"} if logged and route.pattern != "hidden.json" else NOTHING
                    assert (reason(number) in text) == logged, at
                elif is_own(route):
                    status = own_page(case, policy, "anonymous" if is_for_other_sites(route) else visitor)
                    shown = fields_shown(route, address, case) if status == 200 else NOTHING
                    assert response.status_code == status, at
                    told = status == 410 and not case.held
                    assert (reason(number) in text) == told, at
                    assert "canary-filter" not in text, at
                else:
                    listed = public and is_listed(route, case, event)
                    shown = fields_shown(route, address, case) if listed else NOTHING
                    is_there = listed or not is_of_something(route)
                    assert (response.status_code < 400) == is_there, at
                assert canaries_in(response, number) == shown, at


def pages(world: World, *, visitor: str = "anonymous", only: set[str] | None = None) -> dict[str, bytes]:
    """Every public page and list but the event's own, as this visitor gets them, or `only` those at some addresses."""
    client = world.client(visitor)
    routes = [route for route in public_routes() if not is_own(route) and not is_log(route) and route.kind != Kind.FORM]
    addresses = [address for route in routes for address in route.addresses(world)]
    answers = {address: client.get(address) for address in addresses if only is None or address in only}
    # What a moderator's bar has of chance is left out: the token, and the validator made of it.
    token = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')
    return {
        address: token.sub(b"", answer.content)
        + repr(sorted(header for header in answer.items() if header[0] != "ETag")).encode()
        for address, answer in answers.items()
    }


@pytest.mark.parametrize(
    ("policy", "statuses"),
    [("open", [Status.HIDDEN]), ("review", [Status.HIDDEN, Status.PENDING])],
    ids=["open", "review"],
)
@pytest.mark.parametrize("visitor", ["anonymous", "author", "moderator"])
def test_lists_and_counts_are_as_if_what_may_not_be_seen_were_not_there(settings, policy, statuses, visitor):
    settings.MODERATION_POLICY = policy
    world = World()
    # Five on the same day: the month's grid shows four of them and a number; the week strip and the day count.
    coming = world.event.date.replace(hour=12)
    Event.objects.filter(pk=world.event.pk).update(date=coming)
    others = [make_event(date=coming + timedelta(minutes=n), collective=world.collective) for n in range(5)]
    assert Event.objects.between(coming.date(), coming.date()).count() == 6

    with_them = {}
    for status in statuses:
        unseen = [
            make_event(
                status=status,
                date=coming + timedelta(seconds=1),
                collective=world.collective,
                user=world.author,
                event_group=world.series,
            ),
            make_event(status=status, date=coming - timedelta(days=40), collective=world.collective),
            make_event(status=status, date=coming - timedelta(days=5), end_date=coming + timedelta(days=5)),
        ]
        with_them[status] = pages(world, visitor=visitor)
        for event in unseen:
            event.delete()
    without_them = pages(world, visitor=visitor)
    others[0].delete()
    of_all = {"/", "/events", "/events.xml", "/events.ics", f"/events/{coming:%Y/%m}", "/groups/nettle"}
    without_a_public_one = pages(world, visitor=visitor, only=of_all)

    for status, shown in with_them.items():
        assert [address for address in shown if shown[address] != without_them[address]] == [], status
    assert {address for address in of_all if without_them[address] != without_a_public_one[address]} == of_all


def test_pending_event_is_marked_as_not_yet_reviewed_wherever_it_is_listed():
    world = World()
    case = Case(Status.PENDING)
    make_canary(world, case)

    for route in of_kind(Kind.PAGE):
        for address in route.addresses(world):
            text = world.client("anonymous").get(address).content.decode().lower()
            assert ("not yet reviewed" in text) == (CANARIES["title"] in text), address


@pytest.mark.parametrize("suffix", ["", ".xml", ".ics"])
def test_moderator_sees_a_hidden_event_and_no_cache_keeps_it(suffix):
    world = World()
    make_canary(world, Case(Status.HIDDEN))

    response = world.client("moderator").get(f"/events/{PK}{suffix}")

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    if not suffix:
        assert "Only moderators see this page." in response.content.decode()
        assert '<meta name="robots" content="noindex">' in response.content.decode()


@pytest.mark.parametrize("visitor", READERS)
def test_address_asked_for_again_after_hiding_brings_nothing_back(visitor):
    world = World()
    make_canary(world, Case(Status.FEATURED))
    client = world.client(visitor)
    routes = [route for route in of_kind(Kind.PAGE, Kind.DATA) if not is_log(route)]
    addresses = [address for route in routes for address in route.addresses(world)]
    before = {address: client.get(address) for address in addresses}

    world.event.hide(by=world.moderator, reason=REASON)

    for address, old in before.items():
        validators = {
            "if-none-match": old.get("ETag", '"none"'),
            "if-modified-since": old.get("Last-Modified", "Thu, 01 Jan 2099 00:00:00 GMT"),
        }
        by_time = {"if-modified-since": "Thu, 01 Jan 2099 00:00:00 GMT"}
        for headers in (validators, by_time):
            response = client.get(address, headers=headers)
            assert canaries_in(response) == NOTHING, address
            if canaries_in(old):
                # What is about something of which nothing may be seen is not there.
                of_something = ("/series/", "/sitemap-", "/tags/", "/areas/", "/places/")
                is_empty = any(part in address for part in of_something)
                assert response.status_code in ((404,) if is_empty else (200, 410)), address


def test_event_that_is_made_visible_again_is_back():
    world = World()
    make_canary(world, Case(Status.HIDDEN))

    world.event.publish(by=world.moderator)

    response = world.client("anonymous").get(f"/events/{PK}")
    assert (response.status_code, canaries_in(response)) == (200, IN_FULL | {"tag", "area"})


def test_private_note_and_login_of_a_moderator_are_on_no_page():
    world = World()
    world.event.promote(by=world.moderator, note="canary-private-note")
    world.event.hide(by=world.moderator, reason=REASON, note="canary-private-note")
    world.event.feature(by=world.moderator, note="canary-private-note")

    for visitor in READERS:
        client = world.client(visitor)
        for route in of_kind(Kind.PAGE, Kind.DATA, Kind.LEAD, Kind.FORM, Kind.RECEIPT, Kind.LINK, Kind.PERSONAL):
            for address in route.addresses(world, sampled=visitor != "anonymous"):
                text = client.get(address).content.decode()
                assert "canary-private-note" not in text, address
                assert "by mod." not in text, address


# The receipt: the address that only the person who posted knows


@pytest.mark.parametrize("policy", ["open", "review"])
@pytest.mark.parametrize("case", [case for case in CASES if not case.past], ids=str)
def test_receipt_names_the_event_unless_it_was_hidden_and_links_it_once_it_is_public(settings, case, policy):
    settings.MODERATION_POLICY = policy
    world = World()
    make_canary(world, case)

    page = Client().get(f"/events/posted/{receipts.sign_object(PK)}")

    linked = {"id", "title", "place"} if is_public(case, policy) else {"title"}
    assert page.status_code == 200
    assert canaries_in(page) == (NOTHING if case.status == Status.HIDDEN and not case.held else linked)


def test_receipt_of_a_deleted_event_is_not_found():
    token = receipts.sign_object(PK)

    assert Client().get(f"/events/posted/{token}").status_code == 404


# Additions are posts too, and go where their event goes

SAID = {"body": "canary-said", "published_by": "canary-who-said-it"}


def said(number: int = 0) -> dict[str, str]:
    return {name: canary.replace("canary", f"canary{mark(number)}") for name, canary in SAID.items()}


def comment_canaries_in(response, number: int = 0) -> set[str]:
    text = repr(dict(response.headers)) + response.content.decode()
    return {name for name, canary in said(number).items() if canary in text}


def make_canary_comment(world: World, case: Case, number: int = 0) -> None:
    """The comment of the world, by the author of its event, in the state of the case."""
    words = said(number)
    status = Status.PENDING if case.status == Status.HIDDEN else case.status
    since = timezone.now() if case.was_public else None
    world.comment = make_comment(
        world.event,
        words["body"],
        published_by=words["published_by"],
        body_source="canary-typed",
        user=world.author,
        status=status,
        public_since=since,
    )
    if case.held:
        make_filter(words["body"], title="canary-filter")
        world.comment.screen()
    elif case.status == Status.HIDDEN:
        world.comment.hide(by=world.moderator, reason=reason(number), note="canary-note")
    Comment.objects.filter(pk=world.comment.pk).update(public_since=since)
    ModerationAction.objects.of(world.comment).update(was_public=case.was_public)


@pytest.mark.parametrize("policy", ["open", "review"])
def test_comment_is_seen_on_the_page_of_its_event_as_its_status_says_and_nowhere_else(settings, policy):
    settings.MODERATION_POLICY = policy
    cases = [case for case in CASES if not case.past]
    world = World()
    world.comment.delete()
    worlds = [copy(world) for _ in cases]
    for number, (of_case, case) in enumerate(zip(worlds, cases, strict=True), 1):
        make_canary_comment(of_case, case, number)

    for visitor in VISITORS:
        client = world.client(visitor)
        for (route, address), numbers in addresses_of(worlds, sampled=True).items():
            # A list shows no comments to anybody.
            if route in LISTS and visitor != "anonymous":
                continue
            response = client.get(address)
            text = response.content.decode()
            for number, case in enumerate(cases, 1):
                at = (visitor, address, number)
                public, is_its_own = is_public(case, policy), number in numbers
                own = visitor == "author" and (case.held or case.status == Status.PENDING)
                seen = public or own or visitor == "moderator"
                shown = NOTHING
                if route.pattern == "comments/<int:pk>/report" and is_its_own:
                    assert response.status_code == (200 if public else 404), at
                    shown = {"body"} if response.status_code == 200 else NOTHING
                elif route.pattern == "comments/<int:pk>" and is_its_own:
                    gone = 410 if case.status == Status.HIDDEN and case.was_public else 404
                    assert response.status_code == (302 if seen else gone), at
                    told = response.status_code == 410 and not case.held
                    assert (reason(number) in text) == told, at
                elif address == f"/events/{world.event.pk}" and seen:
                    shown = set(SAID)
                assert comment_canaries_in(response, number) == shown, at
            assert "canary-typed" not in text, (visitor, address)
            assert "canary-note" not in text, (visitor, address)
            assert "canary-filter" not in text, (visitor, address)


@pytest.mark.parametrize("policy", ["open", "review"])
def test_comment_on_an_event_that_may_not_be_seen_is_nowhere(settings, policy):
    settings.MODERATION_POLICY = policy
    cases = [case for case in CASES if not case.past]
    world = World()
    worlds = make_canaries(world, cases)
    for number, of_case in enumerate(worlds, 1):
        of_case.comment.delete()
        make_canary_comment(of_case, Case(Status.PUBLISHED), number)

    for visitor in ("anonymous", "other"):
        client = world.client(visitor)
        found = {number: set() for number in range(1, len(cases) + 1)}
        for _, address in addresses_of(worlds):
            response = client.get(address)
            for number, addresses in found.items():
                if comment_canaries_in(response, number):
                    addresses.add(address)

        for number, (of_case, case) in enumerate(zip(worlds, cases, strict=True), 1):
            named = {f"/events/{of_case.event.pk}", f"/comments/{of_case.comment.pk}/report"}
            assert found[number] == (named if is_public(case, policy) else set()), (visitor, number)


# The secret edit link: what its holder sees of their own post


@pytest.mark.parametrize("policy", ["open", "review"])
@pytest.mark.parametrize("case", [case for case in CASES if not case.past], ids=str)
def test_edit_link_names_the_event_and_shows_it_unless_moderators_hid_it(settings, case, policy):
    settings.MODERATION_POLICY = policy
    world = World()
    make_canary(world, case).edit_link = world.link
    world.event.save(update_fields=["edit_link"])
    is_hidden = case.status == Status.HIDDEN and not case.held

    overview = Client().get(f"/edit/{world.token}")
    page = Client().get(f"/edit/{world.token}/{PK}")

    assert canaries_in(overview) == ({"title"} if is_hidden else {"id", "title"})
    assert (REASON in overview.content.decode()) == is_hidden
    shown = NOTHING if is_hidden else IN_FULL - {"id"} | {"tag", "area"}
    assert (page.status_code, canaries_in(page)) == (404 if is_hidden else 200, shown)


# Collectives are posts too

GROUP = {"name": "canary-group-name", "slug": "canary-group-slug", "summary": "canary-group-summary"}


def group_canaries_in(response, number: int = 0) -> set[str]:
    text = repr(dict(response.headers)) + response.content.decode()
    return {name for name, canary in GROUP.items() if canary.replace("canary", f"canary{mark(number)}") in text}


def make_group(world: World, case: Case, number: int = 0) -> None:
    for name, text in GROUP.items():
        setattr(world.collective, name, text.replace("canary", f"canary{mark(number)}"))
    world.collective.moderation_status = Status.PENDING if case.status == Status.HIDDEN else case.status
    world.collective.save()
    if case.status == Status.HIDDEN:
        world.collective.hide(by=world.moderator, reason=reason(number))
    since = timezone.now() if case.was_public else None
    Collective.objects.filter(pk=world.collective.pk).update(public_since=since)


@pytest.mark.parametrize("policy", ["open", "review"])
def test_collective_is_named_only_where_it_may_be_seen(settings, policy):
    settings.MODERATION_POLICY = policy
    cases = [case for case in CASES if not case.past and not case.held]
    world = World()
    worlds = [copy(world) for _ in cases]
    for number, (of_case, case) in enumerate(zip(worlds, cases, strict=True), 1):
        of_case.collective = make_collective(members=(world.member,))
        of_case.event = make_event(
            "Open picnic",
            date=world.event.date,
            status=Status.FEATURED,
            place=world.event.place,
            tags=("food",),
            areas=("Hackney",),
            user=world.author,
            collective=of_case.collective,
        )
        make_group(of_case, case, number)

    for visitor in ("anonymous", "member", "moderator"):
        client = world.client(visitor)
        for (route, address), numbers in addresses_of(worlds, sampled=visitor != "anonymous").items():
            response = client.get(address)
            text = response.content.decode()
            if route.pattern in ("groups/show_all", "groups/<slug:slug>/archive"):
                # Leads on without asking whether there is such a group.
                assert response.status_code == 301, (visitor, address)
                continue
            for number, (of_case, case) in enumerate(zip(worlds, cases, strict=True), 1):
                at = (visitor, address, number)
                visible = is_public(case, policy)
                shown = group_canaries_in(response, number)
                if not route.pattern.startswith("groups/"):
                    named = ["/", "/events", "/events/featured", f"/events/{of_case.event.pk}"]
                    if address in named or address.startswith("/groups"):
                        assert ("name" in shown) == visible, at
                    if not visible and route.kind != Kind.FORM:
                        assert shown == NOTHING, at
                    continue
                if number not in numbers:
                    assert shown == NOTHING or visible, at
                    continue
                own = 200 if visible else 410 if case.status == Status.HIDDEN and case.was_public else 404
                expected = 200 if visitor == "moderator" else own
                waits = case.status == Status.PENDING and visitor == "member"
                # A frame knows no account.
                expected = 200 if (visitor == "moderator" or waits) and route.kind != Kind.EMBED else own
                if is_form_about(route):
                    expected = 200 if visible else 404
                if expected == 200 and route.kind == Kind.LEAD:
                    expected = 301
                assert response.status_code == expected, at
                assert (reason(number) in text) == (expected == 410), at
                assert (shown == NOTHING) == (expected in (404, 410)), at


def test_events_of_a_hidden_collective_stay_where_they_were():
    world = World()
    make_canary(world, Case(Status.FEATURED))
    client = world.client("anonymous")
    make_group(world, Case(Status.HIDDEN))

    for route in public_routes():
        # By the name of a hidden group nothing is found.
        if route.pattern.startswith(("groups", "search")):
            continue
        if is_own(route) or is_listed(route, Case(Status.FEATURED), world.event):
            # Without its group an event is by whoever signed it.
            signed = {"published_by"} if route.pattern == "oembed" else NOTHING
            for address in route.addresses(world):
                response = client.get(address)
                assert response.status_code == 200, address
                assert canaries_in(response) == fields_shown(route, address, Case(Status.FEATURED)) | signed, address


def test_member_is_not_offered_a_hidden_collective_to_publish_as():
    world = World()
    make_group(world, Case(Status.HIDDEN))

    assert group_canaries_in(world.client("member").get("/events/new")) == NOTHING


def test_tag_or_area_of_hidden_events_alone_is_on_no_page():
    world = World()
    make_canary(world, Case(Status.HIDDEN))

    assert all(model.objects.filter(name__startswith="canary").exists() for model in (Tag, Area))
    for visitor in READERS:
        assert all(b"canary" not in page for page in pages(world, visitor=visitor).values())
