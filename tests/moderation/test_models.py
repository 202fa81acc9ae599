import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied

from events.models import Event
from moderation.models import ModerationAction, Status
from tests.concurrency import at_once
from tests.factories import make_collective, make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db

DEEDS = {"publish": Status.PUBLISHED, "promote": Status.PROMOTED, "feature": Status.FEATURED}


@pytest.mark.parametrize(("deed", "status"), DEEDS.items())
def test_deed_sets_status_logs_and_writes_the_admin_note(deed, status):
    event, moderator = make_event(status=Status.PENDING, admin_note="<p>Created by: amy.</p>"), make_moderator()

    getattr(event, deed)(by=moderator, note="fine")

    assert event.moderation_status == status
    action = event.moderation_log.get()
    assert (action.user, action.from_status, action.to_status) == (moderator, Status.PENDING, status)
    assert (action.public_reason, action.private_note) == ("", "fine")
    assert event.admin_note == f"<p>Created by: amy.</p>\n<p>{status} by moderators.</p>"


def test_hide_keeps_the_reason_for_everybody_apart_from_the_note_for_moderators():
    event, moderator = make_event(), make_moderator(signature="u.n")

    event.hide(by=moderator, reason="Advertising", note="the same as last week")

    assert event.is_hidden
    assert event.public_reason == "Advertising"
    assert event.moderation_log.get().private_note == "the same as last week"
    assert event.admin_note.endswith("\n<p>hidden by u.n.</p>")
    assert "Advertising" not in event.admin_note


def test_signature_is_escaped_in_the_admin_note():
    event = make_event()

    event.feature(by=make_moderator(signature="<b>&"), note="")

    assert event.admin_note == "\n<p>featured by &lt;b&gt;&amp;.</p>"


def test_deed_that_changes_nothing_leaves_no_trace():
    event = make_event(status=Status.FEATURED)
    changed = event.updated_on

    assert event.feature(by=make_moderator()) is None

    event.refresh_from_db()
    assert not event.moderation_log.exists()
    assert (event.admin_note, event.updated_on) == ("", changed)


@pytest.mark.parametrize("deed", ["publish", "promote", "feature", "hide"])
def test_each_deed_needs_its_own_permission(deed):
    event, user = make_event(status=Status.PENDING), make_user()
    others = Permission.objects.filter(content_type__app_label="moderation").exclude(codename=deed)
    user.user_permissions.set(others)
    reason = {"reason": "spam"} if deed == "hide" else {}

    with pytest.raises(PermissionDenied):
        getattr(event, deed)(by=user, **reason)

    event.refresh_from_db()
    assert event.is_pending
    assert not ModerationAction.objects.exists()

    user.user_permissions.add(Permission.objects.get(codename=deed, content_type__app_label="moderation"))
    getattr(event, deed)(by=type(user).objects.get(pk=user.pk), **reason)
    assert not event.is_pending


def test_collective_is_moderated_by_the_same_deeds():
    collective = make_collective("Open House")

    collective.hide(by=make_moderator(), reason="asked for by its members")

    assert collective.is_hidden
    assert collective.public_reason == "asked for by its members"


def test_deed_works_on_the_stored_post_not_on_what_the_caller_read_before():
    event, moderator = make_event(status=Status.PENDING), make_moderator()
    stale = Event.objects.get(pk=event.pk)
    event.title = "A better title"
    event.save()

    stale.feature(by=moderator)

    stale.refresh_from_db()
    assert stale.title == "A better title"
    assert stale.moderation_status == Status.FEATURED


@pytest.mark.django_db(transaction=True)
def test_deeds_at_the_same_moment_are_all_logged_and_noted():
    moderator, pk = make_moderator(), make_event(status=Status.PENDING).pk

    at_once(*(lambda deed=deed: getattr(Event.objects.get(pk=pk), deed)(by=moderator) for deed in DEEDS))

    event = Event.objects.get()
    assert event.moderation_log.count() == 3
    assert sorted(event.admin_note.split("\n")) == [
        "",
        "<p>featured by moderators.</p>",
        "<p>promoted by moderators.</p>",
        "<p>published by moderators.</p>",
    ]
    assert event.moderation_log.first().to_status == event.moderation_status


def test_group_of_moderators_has_the_four_permissions_and_edits_everything():
    group = Group.objects.get(name="Moderators")

    codenames = set(group.permissions.values_list("content_type__app_label", "codename"))

    assert {("moderation", name) for name in ("publish", "promote", "feature", "hide")} <= codenames
    assert {("events", "change_event"), ("collectives", "change_collective")} <= codenames
    assert not [name for _, name in codenames if name in ("delete_event", "change_user", "add_user", "change_group")]
