"""What holds for the whole site: who may open which address, what changes nothing, and what is never kept."""

import pytest
from django.core import signing
from django.test import Client

from events.models import Event
from events_site.guards import FormToken
from moderation.models import Status
from tests.factories import PASSWORD, make_collective, make_event, make_moderator
from tests.routes import ROLES, ROUTES, Kind, Route, World, of_kind, resolver_patterns
from tests.walk import MAIL, answers_to, rows, watched

pytestmark = pytest.mark.django_db

FUTURE = {"date_0": "2090-06-01", "date_1": "19:00"}


def publish_form(**fields):
    """What a browser sends back of the form for a new event, a minute after it was opened."""
    return {
        "title": "Open picnic",
        "summary": "Bring a friend.",
        "form_token": str(FormToken.new()),
        **FUTURE,
        **fields,
    }


# Which routes there are, and for whom


def test_every_route_is_declared():
    assert sorted(resolver_patterns()) == sorted(route.pattern for route in ROUTES)


#                                    anonymous other member author moderator superuser
EVERYBODY = [200, 200, 200, 200, 200, 200]
STAFF = [302, 302, 302, 302, 200, 200]
SUPERUSER = [302, 302, 302, 302, 403, 200]
NOBODY = [302, 302, 302, 302, 403, 403]
MODERATORS = [302, 403, 403, 403, 200, 200]
OWN = [302, 200, 200, 200, 200, 200]
BY_KIND = {
    Kind.PAGE: EVERYBODY,
    Kind.DATA: EVERYBODY,
    Kind.EMBED: EVERYBODY,
    Kind.FORM: EVERYBODY,
    Kind.MEDIA: EVERYBODY,
    Kind.RECEIPT: EVERYBODY,
    Kind.PIECE: [405] * 6,
    Kind.LINK: EVERYBODY,
    Kind.PROBE: EVERYBODY,
    Kind.MODERATORS: MODERATORS,
    Kind.ADMIN_POST: [302, 302, 302, 302, 405, 405],
}
BY_PATTERN = {
    "events/calendar": [302] * 6,
    "comments/<int:pk>": [302] * 6,
    "comments/<int:pk>/withdraw": [302, 404, 404, 200, 404, 404],
    "groups/<int:pk>": [301] * 6,
    "groups/<int:pk>.<of_group:suffix>": [301] * 6,
    "groups/<slug:slug>/archive": [301] * 6,
    "groups/show_all": [301] * 6,
    "areas": [302] * 6,
    "<old_address:found>": [301] * 6,
    "^(?P<path>.+)/$": [301] * 6,
    "admin": [302] * 6,
    "moderation": [302] * 6,
    "admin/queue/": STAFF,
    "admin/moderation/contentfilter/<int:pk>/rehearsal/": STAFF,
    "events/<int:pk>/withdraw": [302, 404, 200, 200, 404, 404],
    "events/<int:pk>/cancel": [302, 404, 200, 200, 200, 200],
    "events/<int:pk>/edit": [302, 404, 200, 200, 200, 200],
    "system/group/image/<int:year>/<int:month>/<int:day>/<int:pk>/<str:name>": [404] * 6,
    "groups/new": [302, 200, 200, 200, 200, 200],
    "groups/invitation/<str:token>": [302, 200, 302, 200, 200, 200],
    "groups/<slug:slug>/edit": [302, 404, 404, 404, 200, 200],
    "groups/<slug:slug>/import": [302, 404, 404, 404, 200, 200],
    "groups/<slug:slug>/posts": [302, 404, 200, 404, 200, 200],
    "groups/<slug:slug>/join": [302, 200, 302, 200, 200, 200],
    "groups/<slug:slug>/leave": [302, 404, 200, 404, 404, 404],
    "groups/<slug:slug>/members": [302, 404, 404, 404, 200, 200],
    "groups/<slug:slug>/members/<int:pk>": [405] * 6,
    "groups/<slug:slug>/requests/<int:pk>": [405] * 6,
    "groups/<slug:slug>/invitations": [405] * 6,
    "groups/<slug:slug>/invitations/<int:pk>": [405] * 6,
    "edit/<str:token>/claim": [302, 200, 200, 200, 200, 200],
    "account": OWN,
    "account/reauthenticate": OWN,
    "account/delete": OWN,
    "account/email": OWN,
    "account/password": OWN,
    "account/two-factor": OWN,
    "account/two-factor/code": [302] * 6,
    "account/two-factor/reauthenticate": [302] * 6,
    "account/two-factor/app": [302] * 6,
    "account/two-factor/app/remove": [302, 404, 404, 404, 404, 404],
    "account/two-factor/codes": [302, 404, 404, 404, 404, 404],
    "account/two-factor/codes/new": [302] * 6,
    "account/two-factor/codes.txt": [302, 404, 404, 404, 404, 404],
    "logout": [405] * 6,
    "admin/": STAFF,
    "admin/^(?P<app_label>moderation|events|auth|collectives)/$": STAFF,
    "admin/(?P<url>.*)$": [302, 302, 302, 302, 404, 404],
    "admin/autocomplete/": NOBODY,
    "admin/jsi18n/": STAFF,
    "admin/login/": [302, 403, 403, 403, 302, 302],
    "admin/logout/": [302, 302, 302, 302, 405, 405],
    "admin/password_change/": [302] * 6,
    "admin/password_change/done/": STAFF,
    "admin/r/<path:content_type_id>/<path:object_id>/": [302] * 6,
    "admin/collectives/user/<id>/password/": SUPERUSER,
}
# What moderators do in the admin, by model: the list and the record, adding, deleting.
IN_THE_ADMIN = {
    "auth/group": (SUPERUSER, SUPERUSER, SUPERUSER),
    "collectives/collective": (STAFF, STAFF, SUPERUSER),
    "collectives/user": (STAFF, SUPERUSER, SUPERUSER),
    "events/area": (STAFF, STAFF, SUPERUSER),
    "events/comment": (STAFF, NOBODY, SUPERUSER),
    "events/event": (STAFF, NOBODY, SUPERUSER),
    "events/venue": (STAFF, NOBODY, SUPERUSER),
    "events/eventgroup": (SUPERUSER, SUPERUSER, SUPERUSER),
    "events/tag": (STAFF, STAFF, SUPERUSER),
    "moderation/contentfilter": (STAFF, STAFF, SUPERUSER),
    "moderation/guideline": (STAFF, STAFF, SUPERUSER),
    "moderation/moderationaction": (STAFF, NOBODY, NOBODY),
    "moderation/savedreply": (STAFF, STAFF, SUPERUSER),
}
for model, (look, add, delete) in IN_THE_ADMIN.items():
    BY_PATTERN[f"admin/{model}/"] = look
    BY_PATTERN[f"admin/{model}/add/"] = add
    BY_PATTERN[f"admin/{model}/<path:object_id>/change/"] = look
    BY_PATTERN[f"admin/{model}/<path:object_id>/history/"] = look
    BY_PATTERN[f"admin/{model}/<path:object_id>/delete/"] = delete
    BY_PATTERN[f"admin/{model}/<path:object_id>/"] = [302] * 6


def expected(route: Route) -> list[int]:
    return BY_PATTERN.get(route.pattern) or BY_KIND[route.kind]


@pytest.mark.parametrize("role", ROLES)
def test_each_address_opens_for_whom_it_is_meant(role):
    answers = answers_to(role)

    found = {answer.address: answer.status_code for answer in answers}

    assert found == {answer.address: expected(answer.route)[ROLES.index(role)] for answer in answers}


def test_who_has_no_business_in_the_admin_is_sent_to_the_login_page_and_told_so():
    world = World()

    for role, status in [("anonymous", 200), ("other", 403), ("member", 403), ("author", 403)]:
        client = world.client(role)
        for route in of_kind(Kind.ADMIN):
            for address in route.addresses(world):
                response = client.get(address, follow=True)
                assert response.status_code == status, (role, address)
                assert b"Open picnic" not in response.content, (role, address)


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.HIDDEN])
def test_event_is_edited_by_its_author_its_collective_and_moderators_and_not_by_others(status):
    world = World()
    Event.objects.filter(pk=world.event.pk).update(moderation_status=status)
    address = f"/events/{world.event.pk}/edit"

    found = {}
    for role in ROLES:
        data = {"title": f"by {role}", "summary": "x", **FUTURE}
        response = world.client(role).post(address, data)
        world.event.refresh_from_db()
        found[role] = (response.status_code, world.event.title == f"by {role}")

    refused, done = (404, False), (302, True)
    own = done if status == Status.PUBLISHED else refused
    assert found == {
        "anonymous": (302, False),
        "other": refused,
        "member": own,
        "author": own,
        "moderator": done,
        "superuser": done,
    }


def test_deeds_in_the_admin_are_for_moderators():
    world = World()
    pending = make_event(status=Status.PENDING)

    found = {}
    for role in ROLES:
        data = {"action": "publish", "index": 0, "_selected_action": [pending.pk]}
        world.client(role).post("/admin/events/event/", data)
        pending.refresh_from_db()
        found[role] = pending.moderation_status
        Event.objects.filter(pk=pending.pk).update(moderation_status=Status.PENDING)

    readers = dict.fromkeys(["anonymous", "other", "member", "author"], Status.PENDING)
    assert found == readers | {"moderator": Status.PUBLISHED, "superuser": Status.PUBLISHED}


# Mass assignment

FORGED = {
    "id": "77",
    "pk": "77",
    "moderation_status": "featured",
    "public_since": "2001-01-01",
    "stick_at_top": "true",
    "auto_moderation_checked": "true",
    "admin_note": "forged",
    "created_on": "2001-01-01",
    "created_on_0": "2001-01-01",
    "created_on_1": "10:00",
    "updated_on": "2001-01-01",
    "submission_key": "00000000-0000-0000-0000-000000000001",
    "event_group": "1",
    "content_id": "1",
    "file": "forged",
    "file_content_type": "forged",
    "media_size": "1",
    "processing_status": "1",
    "summary_source": "forged",
    "body_source": "forged",
}
GUARDED = sorted({name.removesuffix("_0").removesuffix("_1") for name in FORGED} - {"pk"})


def guarded(event: Event) -> dict:
    return {
        name: getattr(event, name) for name in GUARDED if name not in ("updated_on", "summary_source", "body_source")
    }


@pytest.mark.parametrize("role", ["anonymous", "other"])
def test_new_event_takes_only_the_fields_of_the_form(role, settings):
    settings.FORM_MIN_SECONDS = -1
    world = World()
    forged = FORGED | {"user": world.superuser.pk, "collective": world.collective.pk}

    world.client(role).post("/events/new", publish_form(title="Gig", **forged))

    event = Event.objects.get(title="Gig")
    assert event.user == (None if role == "anonymous" else world.other)
    assert (event.pk == 77, event.moderation_status, event.collective, event.event_group) == (
        False,
        "pending",
        None,
        None,
    )
    assert "forged" not in repr(vars(event))
    assert event.stick_at_top is None
    assert event.created_on.year > 2001
    assert event.public_since.year > 2001


@pytest.mark.parametrize("role", ["author", "member", "moderator"])
@pytest.mark.parametrize("address", ["/events/{}/edit", "/admin/events/event/{}/change/"])
def test_edit_takes_only_the_fields_of_the_form(role, address):
    world = World()
    others = make_collective("Others")
    before = guarded(world.event)
    forged = {name: value for name, value in FORGED.items() if not (name == "stick_at_top" and "admin" in address)}
    may = role == "moderator" or "admin" not in address

    data = {"title": "Gig", "summary": "x", "user": world.other.pk, **FUTURE, **forged}
    world.client(role).post(address.format(world.event.pk), data | {"collective": others.pk})
    world.client(role).post(address.format(world.event.pk), data)

    event = Event.objects.get(pk=world.event.pk)
    assert event.title == ("Gig" if may else "Open picnic")
    # The content filters look at what anybody but a moderator writes.
    assert guarded(event) == before | ({"auto_moderation_checked": True} if may and role != "moderator" else {})
    assert event.user == world.author
    assert event.collective in (world.collective, None)
    assert "forged" not in repr(vars(event))


# No state change by GET, no POST without the form's token


@pytest.mark.parametrize("role", ROLES)
def test_reading_changes_nothing(role):
    assert {answer.address: answer.changed for answer in answers_to(role) if answer.changed} == {}

    world = World()
    client = world.client(role)
    with watched() as watch:
        for route in ROUTES:
            for address in route.addresses(world):
                client.head(address)
                deed = {"action": "hide", "_selected_action": world.event.pk, "with_reason": 1, "post": "yes"}
                client.get(address, deed)
                assert watch.changed() == [], address
    assert rows() == watch.before


@pytest.mark.parametrize("role", ["anonymous", "author", "superuser"])
def test_post_without_the_token_changes_nothing_and_says_what_to_do(role):
    world = World()
    client = world.client(role, enforce_csrf_checks=True)
    before = rows()

    for route in ROUTES:
        for address in route.addresses(world):
            response = client.post(address, {"post": "yes", "username": "root", "password": PASSWORD, **publish_form()})
            assert response.status_code == 403, address
            assert "Allow cookies for this site" in response.content.decode(), address
    assert rows() == before


def test_post_with_the_token_of_its_page_is_taken():
    client = Client(enforce_csrf_checks=True)
    make_moderator("mod")

    page = client.get("/login")
    token = page.context["csrf_token"]
    response = client.post("/login", {"username": "mod", "password": PASSWORD, "csrfmiddlewaretoken": token})

    assert (response.status_code, response["Location"]) == (302, "/account")


def test_login_makes_a_new_session_and_ends_one_that_was_planted(client):
    make_moderator("mod")
    client.post("/login", {"username": "mod", "password": PASSWORD})
    planted = client.cookies["sessionid"].value

    client.post("/logout")
    client.cookies["sessionid"] = planted
    client.post("/login", {"username": "mod", "password": PASSWORD})

    assert client.cookies["sessionid"].value != planted
    assert Client(headers={"cookie": f"sessionid={planted}"}).get("/account").status_code == 302


# What is kept of anybody


def test_anonymous_post_is_tied_to_nothing(settings):
    settings.FORM_MIN_SECONDS = -1
    world = World()
    client = world.client("other")

    client.post("/events/new", publish_form(title="Gig", without_account="on"))

    event = Event.objects.get(title="Gig")
    assert (event.user, event.admin_note) == (None, "<p>Created by: AnonymousUser.</p>")
    assert "other" not in repr(vars(event))


def test_passwords_are_stored_nowhere_as_typed(client):
    world = World()

    client.post("/login", {"username": world.other.username, "password": PASSWORD})

    assert PASSWORD not in repr(rows())


@pytest.mark.parametrize("role", ["anonymous", "other", "member", "author"])
def test_mail_address_of_an_account_is_on_no_page(role):
    found = [answer.address for answer in answers_to(role) if MAIL.encode() in answer.content]

    # Where it can be changed, its owner reads it.
    assert found == ([] if role == "anonymous" else ["/account/email"])


@pytest.mark.parametrize("token", ["{pk}", "{pk}:x:y", "{signed}x", "{other_salt}"])
def test_receipt_is_shown_for_its_own_token_only(client, token):
    event = make_event()
    other_salt = signing.dumps(event.pk, salt="events.publish")
    signed = signing.dumps(event.pk, salt="events.posted")

    response = client.get("/events/posted/" + token.format(pk=event.pk, signed=signed, other_salt=other_salt))

    assert response.status_code == 404
