"""Additions: what readers and organisers add to an event, where it stands, and how it is moderated."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import lxml.html
import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client

from events.forms import AddCommentForm, EditForm, EventForm
from events.models import Comment, EditLink, Event, Holder
from events.models.comments import COMMENTS_ON_A_PAGE
from events_site.guards import FormToken
from moderation.models import Deed, ModerationAction, QueueEntry, Report, Revision, Status
from tests.concurrency import at_once
from tests.factories import (
    make_collective,
    make_comment,
    make_event,
    make_filter,
    make_moderator,
    make_report,
    make_user,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(time_machine) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def event() -> Event:
    return make_event("Open picnic", date=NOW + 2 * DAY)


def token() -> str:
    """The token of a form that was opened five minutes ago."""
    opened = (datetime.now(tz=UTC) - timedelta(minutes=5)).timestamp()
    return str(replace(FormToken.new(), opened=opened, confirmed=opened))


def filled_in(**typed: str) -> dict[str, str]:
    return {"body": "The lift is *out of order*.", "form_token": token(), "publish": "1", **typed}


def form_for(event: Event, author: Any = None, **typed: str) -> AddCommentForm:
    return AddCommentForm(filled_in(**typed), event=event, author=author or AnonymousUser())


def added(event: Event, author: Any = None, **typed: str) -> Comment:
    """What comes of a form, as it is stored."""
    form = form_for(event, author, **typed)
    assert form.errors == {}
    return Comment.objects.get(pk=form.add().pk)


def send(client: Client, event: Event, **typed: str) -> Any:
    return client.post(f"/events/{event.pk}/comments/new", filled_in(**typed))


def read(response: Any) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(response.content.decode())


def additions(client: Client, event: Event, query: str = "") -> list[str]:
    """The additions on the event's page, each as the words that stand there."""
    page = read(client.get(f"/events/{event.pk}{query}"))
    return [" ".join(part.text_content().split()) for part in page.xpath("//article[@class='comment']")]


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


# Adding


def test_reader_adds_to_an_event_and_it_is_on_its_page_at_once(client, event):
    receipt = client.get(send(client, event, published_by="Edie").url)

    assert "Your addition to “<bdi>Open picnic</bdi>” is on the site now." in receipt.content.decode()
    assert "A moderator will look at it later." in receipt.content.decode()
    assert additions(client, event) == [
        "The lift is out of order. Not yet reviewed Posted by Edie, 10 June 2026, 12:00 Report this addition"
    ]
    assert "<p>The lift is <em>out of order</em>.</p>" in client.get(f"/events/{event.pk}").content.decode()


def test_addition_keeps_what_was_typed_and_ties_it_to_nobody(event):
    comment = added(event)

    assert (comment.body, comment.body_source) == (
        "<p>The lift is <em>out of order</em>.</p>",
        "The lift is *out of order*.",
    )
    assert (comment.user, comment.published_by, comment.is_organiser) == (None, "", False)
    assert (comment.moderation_status, comment.public_since, comment.auto_moderation_checked) == ("pending", NOW, True)


def test_addition_waits_where_posts_are_reviewed_first(client, event, settings):
    settings.MODERATION_POLICY = "review"

    receipt = client.get(send(client, event).url)

    assert "is waiting for a moderator" in receipt.content.decode()
    assert additions(client, event) == []
    Comment.objects.get().publish(by=make_moderator())
    assert len(additions(client, event)) == 1


def test_addition_by_an_account_is_under_it_unless_asked_otherwise(event):
    user = make_user()

    assert added(event, user).user == user
    assert added(event, user, body="Not me.", without_account="on").user is None


def test_trusted_author_needs_no_review(event):
    assert added(event, make_user(is_trusted=True)).moderation_status == Status.PUBLISHED
    assert added(event, make_moderator()).moderation_status == Status.PUBLISHED
    assert added(event, make_user()).moderation_status == Status.PENDING


def test_nobody_needs_to_type_twice_what_the_form_refuses(client, event):
    page = read(send(client, event, body="", published_by="<b>Edie</b>"))

    assert page.xpath("//*[@id='id_body_error']")[0].text_content() == "Write what you want to add."
    assert "plain text" in page.xpath("//*[@id='id_published_by_error']")[0].text_content()
    assert page.xpath("//input[@name='published_by']/@value") == ["<b>Edie</b>"]
    assert Comment.objects.count() == 0


def test_text_may_have_ten_thousand_letters(event):
    assert form_for(event, body="a b " * 2_500).errors == {}
    assert "10000 letters" in form_for(event, body="a b " * 2_500 + "xxxxx").errors["body"][0].replace(",", "")


@pytest.mark.parametrize(("field", "value"), [("website", "x"), ("form_token", ""), ("form_token", "forged")])
def test_machine_is_refused_and_nothing_typed_is_lost(client, event, field, value):
    page = read(send(client, event, **{field: value}))

    assert "Nothing is lost" in page.xpath("//*[@id='errors']")[0].text_content()
    assert page.xpath("//textarea")[0].text_content().strip() == "The lift is *out of order*."
    assert Comment.objects.count() == 0


def test_form_sent_quicker_than_a_person_writes_is_refused(event):
    assert "quicker than a person" in str(form_for(event, form_token=str(FormToken.new())).errors)


def test_preview_shows_it_and_saves_nothing(client, event):
    page = read(client.post(f"/events/{event.pk}/comments/new", filled_in(preview="1", published_by="Edie")))

    preview = page.xpath("//*[@id='preview']//article")[0]
    assert "The lift is out of order." in preview.text_content()
    assert "Posted by Edie" in preview.text_content()
    assert Comment.objects.count() == 0


def test_same_form_sent_twice_is_one_addition(client, event):
    data = filled_in()

    receipts = {client.post(f"/events/{event.pk}/comments/new", data).url for _ in range(2)}

    assert len(receipts) == Comment.objects.count() == 1


def test_same_words_sent_again_from_a_fresh_form_within_a_day_are_one_addition(event, clock):
    first = added(event)

    assert added(event) == first
    assert added(event, published_by="Edie") != first
    assert added(make_event()) != first
    clock.shift(2 * DAY)
    assert added(event) != first


def test_addition_that_was_withdrawn_can_be_sent_again(event):
    author = make_user()
    first = added(event, author)
    first.withdraw(by=author)

    assert added(event, author).is_public
    assert Comment.objects.count() == 2


def test_same_form_with_other_words_asks_once_whether_it_is_something_else(client, event):
    data = filled_in()
    client.post(f"/events/{event.pk}/comments/new", data)

    page = read(client.post(f"/events/{event.pk}/comments/new", data | {"body": "The 243 is on diversion."}))

    assert "You have sent this form before" in page.xpath("//*[@id='errors']")[0].text_content()
    again = {"body": "The 243 is on diversion.", "form_token": page.xpath("//input[@name='form_token']/@value")[0]}
    assert client.post(f"/events/{event.pk}/comments/new", again).status_code == 302
    assert Comment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_same_form_sent_five_times_at_once_is_one_addition():
    event = make_event()
    forms = [filled_in()] * 5

    def send_once(data: dict[str, str]) -> Comment:
        form = AddCommentForm(data, event=event, author=AnonymousUser())
        assert form.is_valid()
        return form.add()

    made = at_once(*(lambda data=data: send_once(data) for data in forms))

    assert {comment.pk for comment in made} == set(Comment.objects.values_list("pk", flat=True))
    assert Comment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_five_readers_add_at_once():
    event = make_event()

    def send_one(number: int) -> Comment:
        return added(event, body=f"Number {number}")

    at_once(*(lambda n=n: send_one(n) for n in range(5)))

    assert {comment.body for comment in Comment.objects.all()} == {f"<p>Number {n}</p>" for n in range(5)}
    assert QueueEntry.objects.count() == 5


# Which events take additions


def offers(client: Client, event: Event) -> tuple[bool, int]:
    """Whether the event's page offers the form, and what the form answers."""
    form = f"/events/{event.pk}/comments/new"
    return form in client.get(f"/events/{event.pk}").content.decode(), client.get(form).status_code


@pytest.mark.parametrize("allows", [True, False, None])
def test_event_takes_additions_when_its_author_says_so(client, allows):
    assert offers(client, make_event(allows_comments=allows)) == ((True, 200) if allows else (False, 404))


def test_event_that_is_over_still_takes_additions(client):
    assert offers(client, make_event(date=NOW - 30 * DAY)) == (True, 200)


@pytest.mark.parametrize("status", [Status.PENDING, Status.HIDDEN])
def test_event_that_may_not_be_seen_takes_no_additions_from_anybody(settings, status):
    settings.MODERATION_POLICY = "review"
    author = make_user()
    event = make_event(status=status, user=author)

    for client in (Client(), logged_in(author), logged_in(make_moderator())):
        assert offers(client, event) == (False, 404)
        assert send(client, event).status_code == 404
    assert Comment.objects.count() == 0


def test_additions_stay_when_the_event_takes_no_more(client, event):
    make_comment(event)
    Event.objects.update(allows_comments=False)

    assert len(additions(client, event)) == 1


def test_site_without_additions_shows_none_and_takes_none(client, event, settings):
    author = make_user()
    comment = make_comment(event, user=author)
    settings.COMMENTS = False

    assert offers(client, event) == (False, 404)
    assert additions(client, event) == additions(logged_in(author), event) == []
    assert client.get(comment.get_absolute_url()).status_code == 404
    assert client.get(f"{comment.get_absolute_url()}/report").status_code == 404


def test_site_without_additions_does_not_ask_whoever_publishes_and_keeps_what_was_said(client, event, settings):
    settings.COMMENTS = False
    author = make_user()
    for allowed in (True, False):
        Event.objects.update(user=author, allows_comments=allowed)

        assert "allows_comments" not in client.get("/events/new").content.decode()
        assert "allows_comments" not in logged_in(author).get(f"/events/{event.pk}/edit").content.decode()
        form = EditForm({"title": "Other"}, instance=Event.objects.get(), user=author)
        form.is_valid()
        assert form.cleaned_data["allows_comments"] is allowed


@pytest.mark.parametrize("default", [True, False])
def test_site_says_whether_a_new_event_takes_additions_unless_its_author_does(settings, default):
    settings.COMMENTS_DEFAULT = default

    assert EventForm()["allows_comments"].value() is default
    assert EventForm(instance=make_event(allows_comments=True))["allows_comments"].value() is True


# Organisers


def organisers(event: Event) -> Iterator[tuple[str, Any]]:
    event.user, member = make_user(), make_user()
    event.collective = make_collective(members=(member,), is_trusted=False)
    event.edit_link, secret = EditLink.objects.make()
    event.save()
    yield from {"author": event.user, "member": member, "holder": Holder(event.edit_link, secret)}.items()


def test_whoever_keeps_the_event_is_marked_as_organiser(event):
    marked = {who: added(event, user, body=who).is_organiser for who, user in organisers(event)}

    assert marked == {"author": True, "member": True, "holder": True}
    assert not added(event, make_user()).is_organiser
    assert not added(event, make_moderator(), body="As a moderator.").is_organiser
    other_link, secret = EditLink.objects.make()
    assert not added(event, Holder(other_link, secret), body="By another link.").is_organiser


def test_name_alone_makes_no_organiser(client, event):
    Event.objects.update(published_by="Nettle")
    send(client, event, published_by="Nettle", is_organiser="on")

    assert not Comment.objects.get().is_organiser
    assert "Organiser" not in additions(client, event)[0]


def test_organiser_who_hides_the_account_is_a_reader_like_any_other(event):
    author = make_user()
    event.user = author
    event.save()

    assert not added(event, author, without_account="on").is_organiser


def test_member_of_the_trusted_group_that_organises_it_needs_no_review(event):
    member = make_user()
    event.collective = make_collective(members=(member,))

    assert added(event, member).moderation_status == Status.PUBLISHED


def test_organiser_stands_first_then_the_oldest(client, event):
    for text, is_organiser in [("First.", False), ("Second.", False), ("Third.", True), ("Fourth.", True)]:
        make_comment(event, text, is_organiser=is_organiser)

    shown = additions(client, event)

    assert [text.split(" Posted")[0] for text in shown] == [
        "Organiser Third.",
        "Organiser Fourth.",
        "First.",
        "Second.",
    ]


def test_holder_of_the_edit_link_adds_as_organiser(client, event):
    event.edit_link, secret = EditLink.objects.make()
    event.save()
    address = f"/edit/{secret}/{event.pk}/comments/new"

    assert "marked as the organiser’s" in client.get(address).content.decode()
    assert client.post(address, filled_in()).status_code == 302
    assert Comment.objects.get().is_organiser
    assert secret not in client.get(f"/events/{event.pk}").content.decode()


def test_edit_link_opens_the_form_of_its_own_event_only(client, event):
    _link, secret = EditLink.objects.make()

    assert client.get(f"/edit/{secret}/{event.pk}/comments/new").status_code == 404
    assert client.get(f"/edit/nothing/{event.pk}/comments/new").status_code == 404


# Where they stand


def test_page_of_additions_leads_to_the_next(client, event):
    for number in range(COMMENTS_ON_A_PAGE + 1):
        make_comment(event, f"Number {number}.")
    last = Comment.objects.latest("pk")

    first_page = read(client.get(f"/events/{event.pk}"))
    assert len(additions(client, event)) == COMMENTS_ON_A_PAGE
    assert first_page.xpath("//a[@rel='next']/@href") == ["?additions=2#additions"]
    assert [text.split(" Posted")[0] for text in additions(client, event, "?additions=2")] == ["Number 50."]
    assert client.get(f"/comments/{last.pk}").url == f"/events/{event.pk}?additions=2#comment-{last.pk}"
    assert read(client.get(f"/events/{event.pk}?additions=2")).xpath(f"//article[@id='comment-{last.pk}']")


@pytest.mark.parametrize("asked", ["0", "-1", "x", "99999999999999999999", "²", ""])
def test_page_that_there_is_not_is_the_first(client, event, asked):
    make_comment(event)

    assert len(additions(client, event, f"?additions={asked}")) == 1


def test_own_address_leads_to_the_place_on_the_page(client, event):
    reader, organiser = make_comment(event), make_comment(event, is_organiser=True)

    for comment in (reader, organiser):
        assert client.get(f"/comments/{comment.pk}").url == f"/events/{event.pk}#comment-{comment.pk}"
    assert client.get("/comments/987654").status_code == 404


def test_reader_gets_no_cookie_with_additions(client, event):
    make_comment(event)

    assert not client.get(f"/events/{event.pk}").cookies


def test_additions_are_in_no_other_format(client, event):
    make_comment(event, "canary")

    for address in (f"/events/{event.pk}.xml", f"/events/{event.pk}.ics", "/events.xml", "/events.ics", "/events"):
        assert b"canary" not in client.get(address).content


@pytest.mark.parametrize("number", [1, 12])
def test_event_costs_a_moderator_as_much_with_many_additions(event, django_assert_num_queries, number):
    moderator = logged_in(make_moderator())
    for _ in range(number):
        make_comment(event, user=make_user())
    moderator.get(f"/events/{event.pk}")

    with django_assert_num_queries(11):
        moderator.get(f"/events/{event.pk}")


# One's own


def test_author_takes_down_an_addition_and_puts_it_back(client, event):
    author = make_user()
    comment = make_comment(event, user=author)
    own = logged_in(author)
    address = f"/comments/{comment.pk}/withdraw"
    assert address in own.get(f"/events/{event.pk}").content.decode()
    assert address not in client.get(f"/events/{event.pk}").content.decode()

    down = own.post(address, {"do": "withdraw"}, follow=True)
    assert "You can put it back as it was." in down.content.decode()
    assert additions(client, event) == []
    assert "Its author took this post down." in client.get(f"/comments/{comment.pk}").content.decode()

    own.post(address, {"do": "restore"})
    assert len(additions(client, event)) == 1


def test_account_lists_ones_additions_with_what_became_of_them(client):
    author = make_user()
    event = make_event("Open picnic")
    for words in ("It is up.", "It is withdrawn.", "It is hidden."):
        make_comment(event, words, user=author, published_by=words)
    make_comment(event, "By somebody else.")
    Comment.objects.get(published_by="It is withdrawn.").withdraw(by=author)
    Comment.objects.get(published_by="It is hidden.").hide(by=make_moderator(), reason="Off the point", note="secret")
    client.force_login(author)

    rows = read(client.get("/account")).xpath("//section[@aria-labelledby='your_additions']//li")

    assert [" ".join(row.text_content().split()).split(" ", 2)[2] for row in rows] == [
        "It is hidden. hidden by moderators: Off the point",
        "It is withdrawn. withdrawn by you Put it back",
        "It is up. published Withdraw",
    ]
    assert rows[0].xpath(".//a") == []


def test_organiser_may_not_take_away_what_others_say(event):
    comment = make_comment(event)

    for _who, organiser in organisers(event):
        with pytest.raises(PermissionDenied):
            comment.withdraw(by=organiser)
        with pytest.raises(PermissionDenied):
            comment.hide(by=organiser, reason="Unwelcome")
    assert logged_in(event.user).post(f"/comments/{comment.pk}/withdraw", {"do": "withdraw"}).status_code == 404


def test_author_does_not_bring_back_what_a_moderator_hid(event):
    author = make_user()
    comment = make_comment(event, user=author)
    comment.hide(by=make_moderator(), reason="Advertising")

    assert logged_in(author).post(f"/comments/{comment.pk}/withdraw", {"do": "restore"}).status_code == 404
    assert Comment.objects.get().is_hidden


def test_author_sees_what_waits_and_others_do_not(client, event, settings):
    settings.MODERATION_POLICY = "review"
    author = make_user()
    make_comment(event, user=author, status=Status.PENDING)

    assert len(additions(logged_in(author), event)) == 1
    assert additions(client, event) == additions(logged_in(make_user()), event) == []


# Moderation


def test_reported_addition_is_hidden_with_a_reason_gone_everywhere_and_brought_back(client, event):
    comment = make_comment(event, "Buy my book.", published_by="Edie")
    other = make_comment(event, "The lift works.")
    mod = logged_in(make_moderator(signature="the crew"))

    report = client.get(f"/comments/{comment.pk}/report")
    assert "Buy my book." in report.content.decode()
    complaint = {"reason": "advertising", "text": "Not news", "form_token": token()}
    assert client.post(f"/comments/{comment.pk}/report", complaint).url == "/reported"

    queue = mod.get("/admin/queue/").content.decode()
    assert "Addition to" in queue
    assert "Open picnic" in queue
    assert "Buy my book." in queue
    assert "Not news" in queue

    key = f"{ContentType.objects.get_for_model(Comment).pk}-{comment.pk}"
    deed = {"post": key, "deed": "hide", "with_reason": "1", "public_reason": "Advertising"}
    assert mod.post("/admin/act/", deed).status_code == 302

    assert QueueEntry.objects.count() == 0
    assert [text.split(" Posted")[0] for text in additions(client, event)] == ["The lift works."]
    gone = client.get(f"/comments/{comment.pk}")
    assert gone.status_code == 410
    assert "Advertising" in gone.content.decode()
    assert "Buy my book." not in gone.content.decode()
    assert client.get(f"/comments/{comment.pk}/report").status_code == 404
    for public in ("/hidden", "/hidden.atom"):
        log = client.get(public).content.decode()
        assert f"addition {comment.pk}" in log
        assert "Buy my book." not in log
        assert "Edie" not in log
    assert "Hidden" in additions(mod, event)[0]

    action = ModerationAction.objects.get(deed=Deed.HIDE)
    mod.post("/admin/undo/", {"undo": action.pk})
    assert len(additions(client, event)) == 2
    assert Report.objects.get().answer is None
    assert QueueEntry.objects.get().post == comment
    assert other.is_public


def test_moderator_acts_from_the_page_of_the_event(event):
    comment = make_comment(event, status=Status.PENDING)
    mod = logged_in(make_moderator())
    assert f"/comments/{comment.pk}/moderate" in mod.get(f"/events/{event.pk}").content.decode()

    key = f"{ContentType.objects.get_for_model(Comment).pk}-{comment.pk}"
    page = mod.get(f"/comments/{comment.pk}/moderate")
    assert "The lift works." in page.content.decode()
    mod.post(f"/comments/{comment.pk}/moderate", {"post": key, "deed": "publish"})

    comment.refresh_from_db()
    assert comment.moderation_status == Status.PUBLISHED
    assert QueueEntry.objects.count() == 0


def test_filter_holds_an_addition_before_anybody_has_seen_it(client, event):
    make_filter("casino")

    receipt = client.get(send(client, event, body="Visit my casino.").url)

    comment = Comment.objects.get()
    assert (comment.is_held, comment.public_since) == (True, None)
    assert "is waiting for a moderator" in receipt.content.decode()
    assert additions(client, event) == []
    assert client.get(f"/comments/{comment.pk}").status_code == 404
    assert "Held back" in logged_in(make_moderator()).get("/admin/queue/").content.decode()


def test_command_runs_the_filters_over_additions_they_have_not_seen(event):
    caught, seen = make_comment(event, "Visit my casino."), make_comment(event, "casino", auto_moderation_checked=True)
    make_filter("casino")

    call_command("run_content_filters")

    caught.refresh_from_db()
    seen.refresh_from_db()
    assert (caught.is_held, seen.is_held) == (True, False)
    assert not Comment.objects.unscreened().exists()


def test_addition_is_as_urgent_as_its_event(event):
    soon, over = make_comment(event), make_comment(make_event(date=NOW - 300 * DAY))

    assert (soon.urgent_until, over.urgent_until) == (event.date, NOW)


def test_card_shows_the_same_words_elsewhere_and_what_the_author_wrote_before(event):
    make_comment(event, "Something else.", published_by="Edie")
    make_comment(make_event(), "Buy my book.", published_by="Kofi")
    make_comment(make_event(), "Buy my book.", published_by="Kofi", created_on=NOW - 30 * DAY)
    make_comment(event, "Buy my book.", published_by="Edie", status=Status.PENDING)

    card = logged_in(make_moderator()).get("/admin/queue/").context["cards"][0]

    found = {name: [(str(other), other.published_by) for other in others] for name, others in card.context.items()}
    assert found == {"similar": [("Buy my book.", "Kofi")], "by_author": [("Something else.", "Edie")]}


@pytest.mark.parametrize("number", [1, 6])
def test_queue_costs_the_same_with_many_additions(django_assert_num_queries, number):
    for _ in range(number):
        make_report(make_comment(make_event(), user=make_user(), status=Status.PENDING))
    mod = logged_in(make_moderator())
    mod.get("/admin/queue/")

    with django_assert_num_queries(20):
        mod.get("/admin/queue/")


def test_moderator_corrects_an_addition_in_the_admin(event):
    comment = added(event)
    mod = logged_in(make_moderator())
    address = f"/admin/events/comment/{comment.pk}/change/"
    assert "The lift is *out of order*." in mod.get(address).content.decode()

    assert mod.post(address, {"body": "The lift *works*.", "published_by": ""}).status_code == 302

    comment.refresh_from_db()
    assert comment.body == "<p>The lift <em>works</em>.</p>"
    assert Revision.objects.of(comment).get().content["body"] == "<p>The lift is <em>out of order</em>.</p>"


def test_list_of_the_admin_finds_and_hides_many(event):
    comments = [make_comment(event, f"Spam {number}") for number in range(3)]
    mod = logged_in(make_moderator())
    assert "Spam 1" in mod.get("/admin/events/comment/?q=spam").content.decode()

    chosen = {"action": "hide", "index": 0, "_selected_action": [comment.pk for comment in comments]}
    mod.post("/admin/events/comment/", chosen | {"with_reason": 1, "public_reason": "Advertising"})

    assert Comment.objects.filter(moderation_status=Status.HIDDEN).count() == 3


def test_hidden_event_takes_its_additions_along_and_brings_them_back(client, event):
    comment = make_comment(event)
    moderator = make_moderator()

    event.hide(by=moderator, reason="Twice")
    assert client.get(f"/comments/{comment.pk}").status_code == 404
    assert client.get(f"/comments/{comment.pk}/report").status_code == 404
    assert not Comment.objects.visible().exists()

    event.publish(by=moderator)
    assert len(additions(client, event)) == 1


# What is left of them


def test_deleted_event_takes_along_all_that_hangs_on_its_additions(event):
    comment = make_comment(event, status=Status.PENDING)
    make_report(comment)
    comment.body = "<p>The lift works again.</p>"
    comment.revise(by=AnonymousUser())
    assert Revision.objects.exists()

    event.delete()

    assert [model.objects.count() for model in (Comment, QueueEntry, Report, Revision)] == [0, 0, 0, 0]


def test_addition_of_a_deleted_account_stays_and_is_tied_to_nobody(client, event):
    author = make_user("canary")
    make_comment(event, user=author)

    author.delete()

    assert Comment.objects.get().user is None
    assert len(additions(client, event)) == 1


def test_receipt_names_no_event_that_was_hidden_since(client, event):
    receipt = send(client, event).url
    event.hide(by=make_moderator(), reason="Twice")

    assert "Open picnic" not in client.get(receipt).content.decode()
    assert client.get(f"{receipt}x").status_code == 404
