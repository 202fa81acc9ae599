"""What was tried against moderation from outside, and must not work."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from events.forms import EventForm
from events.models import Event, EventGroup
from moderation.deeds import key_of
from moderation.models import ModerationAction, QueueEntry, Report, Revision, Status
from moderation.models.filters import searched
from moderation.models.posts import MAX_OPEN_REPORTS
from tests.factories import make_event, make_filter, make_moderator, make_superuser, make_user

pytestmark = pytest.mark.django_db


def permitted(*codenames, **fields):
    user = make_user(**fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def edit_form(event, by, seen, **data):
    local = timezone.localtime(event.date)
    typed = {
        "title": event.title,
        "summary": event.summary,
        "date_0": f"{local:%Y-%m-%d}",
        "date_1": f"{local:%H:%M:%S}",
    }
    return EventForm({**typed, "seen": seen, **data}, instance=Event.objects.get(pk=event.pk), user=by)


def test_stale_form_does_not_bring_back_what_a_moderator_took_out():
    author, moderator = make_user(), make_moderator()
    soon = timezone.now().replace(microsecond=0) + timedelta(days=2)
    event = make_event("Picnic", user=author, place="5 High Street, the yellow door", date=soon)
    opened = event.version
    corrected = edit_form(event, moderator, opened, place="Ask for the place")
    assert corrected.is_valid()
    corrected.save()

    stale = edit_form(event, author, opened, place="5 High Street, the yellow door", title="Picnic!")
    assert not stale.is_valid()
    assert "Somebody else has changed this" in str(stale.non_field_errors())
    assert [change.name for change in stale.changes] == ["place"]
    event.refresh_from_db()
    assert event.place == "Ask for the place"

    again = edit_form(event, author, stale["seen"].value(), place="Ask for the place", title="Picnic!")
    assert again.is_valid()
    again.save()
    assert Event.objects.get().title == "Picnic!"


def test_tags_and_areas_are_screened_kept_and_queued_like_other_text():
    make_filter("casino")
    author = make_user()
    event = make_event("Picnic", user=author, status=Status.FEATURED, reviewed_version=1)

    form = edit_form(event, author, event.version, tags="Casino, win money")
    assert form.is_valid()
    form.save()

    event.refresh_from_db()
    assert (event.is_hidden, event.is_held) == (True, True)
    assert QueueEntry.objects.get().is_held
    assert Revision.objects.get().content["tags"] == ""


@pytest.mark.parametrize("text", ["ca\u200bsino", "ｃａｓｉｎｏ", "ca&shy;sino", "\u200b" * 30_000 + "casino"])
def test_filter_is_not_evaded_by_disguise(text):
    assert make_filter("casino").find(searched({"body": f"<p>{text}</p>"}))


def test_deed_for_all_dates_does_not_bring_back_what_was_taken_down(client):
    group, author = EventGroup.objects.create(), make_user()
    waiting, hidden, withdrawn = (make_event(event_group=group, user=author, status=Status.PENDING) for _ in range(3))
    hidden.hide(by=make_moderator(), reason="doxxing")
    withdrawn.withdraw(by=author)
    client.force_login(make_moderator())

    client.post(reverse("admin:act"), {"deed": "publish", "post": key_of(waiting), "scope": "all"})

    statuses = dict(Event.objects.values_list("pk", "moderation_status"))
    assert statuses == {waiting.pk: "published", hidden.pk: "hidden", withdrawn.pk: "hidden"}


@pytest.mark.parametrize("lookup", ["email__startswith=zebra", "email=zebra@example.org", "is_superuser__exact=1"])
def test_moderator_finds_no_account_by_what_they_may_not_read(client, lookup):
    make_user("victim", email="zebra@example.org")
    address = reverse("admin:collectives_user_changelist") + "?" + lookup
    client.force_login(make_moderator())

    assert client.get(address).status_code == 400

    client.force_login(make_superuser())
    assert client.get(address).status_code == 200


def test_title_of_a_deleted_post_stays_nowhere(client):
    event = make_event("Canary title")
    client.force_login(make_superuser())
    change = reverse("admin:events_event_change", args=[event.pk])
    local = timezone.localtime(event.date)
    data = {"title": "Canary two", "summary": "x", "date_0": f"{local:%Y-%m-%d}", "date_1": f"{local:%H:%M:%S}"}
    assert client.post(change, data).status_code == 302

    client.post(reverse("admin:events_event_delete", args=[event.pk]), {"post": "yes"})

    assert not Event.objects.exists()
    assert [entry.object_repr for entry in LogEntry.objects.all()] == [f"event {event.pk}"] * 2
    assert not Revision.objects.exists()
    assert ModerationAction.objects.get().deed == "delete"


def test_undo_needs_the_permission_for_the_status_it_restores():
    moderator, publisher = make_moderator(), permitted("publish")
    event = make_event(status=Status.FEATURED)
    action = event.publish(by=moderator)

    with pytest.raises(PermissionDenied):
        action.undo(by=publisher)

    event.refresh_from_db()
    assert event.moderation_status == Status.PUBLISHED


def test_more_than_fifty_deeds_are_not_undone_at_once(client):
    moderator = make_moderator()
    actions = [make_event(status=Status.PENDING).publish(by=moderator) for _ in range(51)]
    client.force_login(moderator)

    client.post(reverse("admin:undo"), {"undo": ",".join(str(action.pk) for action in actions)})

    assert not Event.objects.filter(moderation_status=Status.PENDING).exists()


@pytest.mark.parametrize("name", ["admin:act", "admin:undo"])
def test_who_may_not_see_hidden_posts_learns_nothing_from_a_deed(client, name):
    event = make_event("Secret", status=Status.HIDDEN)
    client.force_login(permitted("publish", "view_event", is_staff=True))

    response = client.post(reverse(name), {"deed": "publish", "post": key_of(event), f"seen-{key_of(event)}": 99})

    assert response.status_code == 403
    assert "Secret" not in response.content.decode()


def test_one_form_files_one_report_and_very_many_reports_stay_few_rows(client, settings):
    settings.FORM_MIN_SECONDS = 0
    event = make_event()
    address = reverse("events:report", args=[event.pk])
    token = client.get(address).context["form"]["form_token"].value()
    for _ in range(3):
        client.post(address, {"form_token": token, "reason": "other"})
    assert Report.objects.count() == 1

    for _ in range(MAX_OPEN_REPORTS + 5):
        event.report(Report(reason="other", submission_key=uuid.uuid4()))

    assert Report.objects.count() == MAX_OPEN_REPORTS
    assert QueueEntry.objects.get().is_reported


def test_report_that_came_in_meanwhile_is_not_answered_unseen(client):
    event = make_event("Picnic")
    event.report(Report(reason="other"))
    shown = event.version
    event.report(Report(reason="privacy", text="It shows my home address"))
    client.force_login(make_moderator())

    data = {"deed": "dismiss", "post": key_of(event), f"seen-{key_of(event)}": shown}
    response = client.post(reverse("admin:act"), data)

    assert response.status_code == 409
    assert Report.objects.filter(answer=None).count() == 2


@pytest.mark.parametrize("shown_at", ["2024-02-31T00:00:00", "2024-01-01T00:00:00", "x", "\x01"])
@pytest.mark.parametrize("target", ["foo", "", "//x", "/events"])
def test_crafted_fields_of_a_deed_are_no_error(client, shown_at, target):
    event = make_event(status=Status.PENDING)
    client.force_login(make_moderator())

    data = {"deed": "publish", "post": key_of(event), "shown_at": shown_at, "next": target}
    response = client.post(reverse("admin:act"), data)

    assert response["Location"] == ("/events" if target == "/events" else reverse("admin:queue"))


def test_what_hangs_on_a_deleted_post_goes_with_it():
    event = make_event(status=Status.PENDING)
    event.report(Report(reason="other"))
    event.title = "Another"
    event.revise(by=make_user())

    event.delete()

    assert [model.objects.count() for model in (QueueEntry, Report, Revision)] == [0, 0, 0]


def test_old_versions_are_forgotten(capsys):
    event = make_event()
    for days, title in ((91, "Old"), (89, "Newer")):
        event.title = title
        event.revise(by=make_user())
        newest = Revision.objects.latest("pk")
        Revision.objects.filter(pk=newest.pk).update(created_on=timezone.now() - timedelta(days=days))

    call_command("prune")

    assert [revision.content["title"] for revision in Revision.objects.all()] == ["Old"]
    assert "Deleted 1 earlier versions" in capsys.readouterr().out
