import html

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied

from collectives.models import Collective, User
from events.models import Event
from moderation.models import (
    AlreadyUndone,
    Deed,
    Guideline,
    ModerationAction,
    QueueEntry,
    Report,
    Revision,
    Status,
    Through,
)
from tests.concurrency import at_once
from tests.factories import (
    make_collective,
    make_event,
    make_filter,
    make_moderator,
    make_report,
    make_superuser,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator():
    return make_moderator("m.login")


def revised(event, by, **changes):
    """The post as it is after somebody opened it, changed it and saved it."""
    event = Event.objects.get(pk=event.pk)
    for name, value in changes.items():
        setattr(event, name, value)
    event.revise(by=by)
    event.refresh_from_db()
    return event


def reasons(post):
    entry = QueueEntry.objects.of(post).first()
    return entry and [*entry.reasons, *(["is_held"] if entry.is_held else [])]


def deeds(post):
    """What the log says of the post, the oldest first."""
    return [(row.deed, row.from_status, row.to_status) for row in reversed(post.moderation_log)]


def held_event(**fields):
    make_filter("casino")
    event = make_event("Casino night", status=Status.PENDING, **fields)
    event.screen()
    return event


# Undoing


@pytest.mark.parametrize(
    ("before", "deed"),
    [
        *((Status.PENDING, deed) for deed in ("publish", "promote", "feature", "hide")),
        *((Status.FEATURED, deed) for deed in ("publish", "promote", "hide")),
        *((Status.HIDDEN, deed) for deed in ("publish", "promote", "feature")),
    ],
)
def test_undo_of_each_deed_brings_the_status_back_and_is_logged(moderator, before, deed):
    event = make_event(status=before)
    action = getattr(event, deed)(by=moderator)

    undone = action.undo(by=moderator, through=Through.ADMIN)

    event.refresh_from_db()
    assert event.moderation_status == before
    assert (undone.deed, undone.undoes, undone.user, undone.through) == (Deed.UNDO, action, moderator, Through.ADMIN)
    assert deeds(event) == [(deed, before, action.to_status), ("undo", action.to_status, before)]
    assert event.admin_note == f"\n<p>{action.to_status} by moderators.</p>\n<p>{before} by moderators.</p>"


def test_undo_of_stick_and_unstick(moderator):
    event = make_event()
    stuck = event.stick(by=moderator)
    assert event.stick_at_top

    stuck.undo(by=moderator)
    event.refresh_from_db()
    assert not event.stick_at_top

    event.stick(by=moderator)
    event.unstick(by=moderator).undo(by=moderator)
    event.refresh_from_db()
    assert event.stick_at_top


def test_collective_cannot_be_stuck(moderator):
    collective = make_collective()

    assert collective.stick(by=moderator) is None
    assert deeds(collective) == []


def test_undo_twice_says_so(moderator):
    event = make_event()
    action = event.hide(by=moderator)
    action.undo(by=moderator)

    with pytest.raises(AlreadyUndone, match="undone already"):
        action.undo(by=moderator)

    assert [deed for deed, _from, _to in deeds(event)] == ["hide", "undo"]


def test_undo_itself_is_not_undone(moderator):
    undone = make_event().hide(by=moderator).undo(by=moderator)

    assert not undone.can_be_undone()
    with pytest.raises(AlreadyUndone):
        undone.undo(by=moderator)


def test_undo_after_a_later_deed_says_so(moderator):
    event = make_event()
    hidden = event.hide(by=moderator)
    event.feature(by=moderator)

    with pytest.raises(AlreadyUndone, match="since"):
        hidden.undo(by=moderator)

    event.refresh_from_db()
    assert event.is_featured


def test_undo_of_an_earlier_hiding_does_not_end_the_later_one(moderator):
    event = make_event()
    first = event.hide(by=moderator, reason="Advertising")
    event.publish(by=moderator)
    event.hide(by=moderator, reason="It names somebody")

    with pytest.raises(AlreadyUndone):
        first.undo(by=moderator)

    event.refresh_from_db()
    assert (event.is_hidden, event.public_reason) == (True, "It names somebody")


def test_deeds_are_undone_one_after_the_other_back_to_the_beginning(moderator):
    event = make_event(status=Status.PENDING)
    actions = [event.publish(by=moderator), event.feature(by=moderator), event.hide(by=moderator)]

    for action in reversed(actions):
        action.undo(by=moderator)

    event.refresh_from_db()
    assert event.is_pending
    assert reasons(event) == ["is_new"]


def test_undo_says_so_when_an_import_changed_the_status_since(moderator):
    event = make_event(status=Status.PENDING)
    action = event.publish(by=moderator)
    event.moderation_status = Status.FEATURED
    event.save(keep_times=True)

    with pytest.raises(AlreadyUndone, match="another status"):
        action.undo(by=moderator)


def test_undo_of_a_deed_on_a_post_that_is_gone_says_so(moderator):
    event = make_event()
    action = event.hide(by=moderator)
    event.delete()

    with pytest.raises(AlreadyUndone, match="not there"):
        action.undo(by=moderator)


@pytest.mark.parametrize("deed", ["publish", "promote", "feature", "hide"])
def test_undo_needs_the_permission_of_the_deed(moderator, deed):
    action = getattr(make_event(status=Status.PENDING), deed)(by=moderator)

    with pytest.raises(PermissionDenied):
        action.undo(by=make_user())

    assert not ModerationAction.objects.get().is_undone


def test_undo_of_hide_shows_the_reason_of_the_earlier_hiding_again(moderator):
    event = make_event()
    event.hide(by=moderator, reason="Advertising")
    event.publish(by=moderator).undo(by=moderator)

    event.refresh_from_db()
    assert (event.is_hidden, event.public_reason) == (True, "Advertising")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_undo_by_two_moderators_at_once_is_done_once():
    moderators = [make_moderator(), make_moderator()]
    action = make_event().hide(by=moderators[0])

    def undo(by):
        try:
            return ModerationAction.objects.get(pk=action.pk).undo(by=by).deed
        except AlreadyUndone:
            return "already"

    came = at_once(*(lambda by=by: undo(by) for by in moderators))

    assert sorted(came) == ["already", "undo"]
    assert ModerationAction.objects.filter(deed=Deed.UNDO).count() == 1


# The queue and the reports, before and after


def test_hide_answers_reports_and_undo_reopens_them(moderator):
    event = make_event()
    report = make_report(event, "It is an advertisement")

    action = event.hide(by=moderator)
    report.refresh_from_db()
    assert (report.answer, reasons(event)) == (action, None)

    action.undo(by=moderator)
    report.refresh_from_db()
    assert (report.answer, reasons(event)) == (None, ["is_reported"])


def test_dismiss_answers_reports_and_undo_reopens_them(moderator):
    event = make_event(status=Status.PROMOTED)
    reports = [make_report(event), make_report(event, "again")]

    action = event.dismiss(by=moderator, note="it is fine")

    assert (event.moderation_status, reasons(event)) == (Status.PROMOTED, None)
    assert set(Report.objects.values_list("answer", flat=True)) == {action.pk}
    assert (action.from_status, action.to_status, action.private_note) == ("promoted", "promoted", "it is fine")

    action.undo(by=moderator)
    assert reasons(event) == ["is_reported"]
    assert list(Report.objects.filter(answer=None)) == list(reversed(reports))


def test_dismiss_without_anything_to_dismiss_leaves_no_trace(moderator):
    published, pending = make_event(), make_event(status=Status.PENDING)

    assert published.dismiss(by=moderator) is None
    assert pending.dismiss(by=moderator) is None

    assert not ModerationAction.objects.exists()
    assert reasons(pending) == ["is_new"]


def test_dismissed_report_on_a_new_post_leaves_the_post_to_be_reviewed(moderator):
    event = make_event(status=Status.PENDING)
    report = make_report(event)

    event.dismiss(by=moderator)

    report.refresh_from_db()
    assert report.answer is not None
    assert reasons(event) == ["is_new"]


def test_dismiss_does_not_lose_a_post_that_is_held_back(moderator):
    event = held_event()

    assert event.dismiss(by=moderator) is None

    assert reasons(event) == ["is_new", "is_marked", "is_held"]


def test_undo_of_stick_leaves_the_queue_as_it_is(moderator):
    event = make_event(status=Status.PENDING)
    stuck = event.stick(by=moderator)
    event.publish(by=moderator)

    stuck.undo(by=moderator)

    event.refresh_from_db()
    assert (event.moderation_status, reasons(event)) == (Status.PUBLISHED, None)


def test_undo_does_not_answer_the_reports_that_came_since(moderator):
    event = make_event(status=Status.PENDING)
    action = event.publish(by=moderator)
    report = make_report(event)

    action.undo(by=moderator)

    report.refresh_from_db()
    assert (report.answer, reasons(event)) == (None, ["is_new", "is_reported"])


def test_undo_brings_an_edit_back_into_the_queue_with_its_diff(moderator):
    author = make_user()
    event = make_event("Picnic", status=Status.PENDING, user=author)
    event.publish(by=moderator)
    event = revised(event, author, title="Big picnic")
    assert (reasons(event), event.content_as_reviewed()["title"]) == (["is_edited"], "Picnic")

    action = event.hide(by=moderator)
    assert event.content_as_reviewed() is None
    action.undo(by=moderator)

    event.refresh_from_db()
    assert (reasons(event), event.content_as_reviewed()["title"]) == (["is_edited"], "Picnic")


# Held posts


def test_held_post_is_hidden_from_all_and_has_never_been_public():
    event = held_event()

    event.refresh_from_db()
    assert (event.moderation_status, event.is_held, event.public_since) == (Status.HIDDEN, True, None)
    assert list(Event.objects.once_public()) == []
    assert list(ModerationAction.objects.public()) == []
    action = event.moderation_log.get()
    assert (action.deed, action.through, action.user, action.signature) == ("hold", "filter", None, "")
    assert event.admin_note == ""


def test_held_post_is_published_and_that_undone(moderator):
    event = held_event()

    action = event.publish(by=moderator)
    assert (event.moderation_status, event.is_held, reasons(event)) == (Status.PUBLISHED, False, None)

    action.undo(by=moderator)
    event.refresh_from_db()
    assert (event.moderation_status, event.is_held) == (Status.HIDDEN, True)
    assert reasons(event) == ["is_new", "is_marked", "is_held"]


def test_hold_is_undone_by_a_moderator(moderator):
    event = held_event()

    event.moderation_log.get().undo(by=moderator)

    event.refresh_from_db()
    assert (event.moderation_status, event.is_held) == (Status.PENDING, False)
    assert reasons(event) == ["is_new", "is_marked"]
    assert QueueEntry.objects.get().rank == QueueEntry.Rank.OTHER


def test_held_post_is_hidden_for_good_and_that_undone(moderator):
    author = make_user()
    event = held_event(user=author)

    action = event.hide(by=moderator, reason="Advertising")
    assert (event.is_held, event.public_reason, reasons(event)) == (False, "Advertising", None)
    assert not Event.objects.editable_by(author).exists()

    action.undo(by=moderator)
    event.refresh_from_db()
    assert (event.is_hidden, event.is_held, reasons(event)) == (True, True, ["is_new", "is_marked", "is_held"])


def test_undone_hiding_of_a_post_that_nobody_had_seen_does_not_hold_it(moderator, settings):
    settings.MODERATION_POLICY = "review"
    event = make_event(status=Status.PENDING)
    event.hide(by=moderator)
    event.publish(by=moderator).undo(by=moderator)

    event.refresh_from_db()
    assert (event.is_hidden, event.is_held) == (True, False)


def test_held_post_is_withdrawn_by_its_author_and_put_back_as_held():
    author = make_user()
    event = held_event(user=author)

    event.withdraw(by=author)
    assert (event.is_held, event.is_withdrawn, reasons(event)) == (False, True, None)

    event.restore(by=author)
    assert (event.is_hidden, event.is_held, event.is_withdrawn) == (True, True, False)
    assert reasons(event) == ["is_new", "is_marked", "is_held"]


# Authors and members


@pytest.mark.parametrize("status", [Status.PENDING, Status.PUBLISHED, Status.FEATURED])
@pytest.mark.parametrize("role", ["author", "member"])
def test_withdraw_and_restore_by_who_the_post_belongs_to(status, role):
    author, member = make_user(), make_user()
    event = make_event(status=status, user=author, collective=make_collective(members=(member,)))
    by = {"author": author, "member": member}[role]

    event.withdraw(by=by)
    assert (event.is_hidden, event.is_withdrawn, event.public_reason) == (True, True, "")

    event.restore(by=by)
    assert event.moderation_status == status
    assert deeds(event) == [("withdraw", status, "hidden"), ("restore", "hidden", status)]
    assert set(event.moderation_log.values_list("signature", flat=True)) == {""}
    assert event.admin_note == "\n<p>withdrawn by its author.</p>\n<p>put back by its author.</p>"


def test_withdraw_and_restore_are_refused_to_others(moderator):
    author, other = make_user(), make_user()
    event = make_event(user=author)

    with pytest.raises(PermissionDenied):
        event.withdraw(by=other)
    event.withdraw(by=author)
    for somebody in (other, moderator):
        with pytest.raises(PermissionDenied):
            event.restore(by=somebody)

    assert [deed for deed, _from, _to in deeds(event)] == ["withdraw"]


@pytest.mark.parametrize("withdrawn_before", [False, True])
@pytest.mark.parametrize("role", ["author", "member"])
def test_what_a_moderator_hid_is_not_brought_back_by_who_it_belongs_to(moderator, role, withdrawn_before):
    author, member = make_user(), make_user()
    event = make_event(user=author, collective=make_collective(members=(member,)))
    by = {"author": author, "member": member}[role]
    if withdrawn_before:
        event.withdraw(by=by)
    event.hide(by=moderator, reason="Advertising")

    assert event.withdraw(by=by) is None
    with pytest.raises(PermissionDenied):
        event.restore(by=by)

    event.refresh_from_db()
    assert (event.is_hidden, event.public_reason) == (True, "Advertising")
    assert not Event.objects.editable_by(by).exists()


def test_what_a_moderator_does_to_a_withdrawn_post_besides_hiding_leaves_it_withdrawn(moderator):
    author = make_user()
    event = make_event(user=author)
    event.withdraw(by=author)

    event.stick(by=moderator)

    assert event.is_withdrawn
    event.restore(by=author)
    assert event.moderation_status == Status.PUBLISHED


def test_author_does_not_escape_the_queue_by_withdrawing_and_restoring(moderator):
    author = make_user()
    event = make_event("Picnic", status=Status.PENDING, user=author)
    event.publish(by=moderator)
    event = revised(event, author, title="Casino")
    report = make_report(event)

    event.withdraw(by=author)
    event.restore(by=author)

    report.refresh_from_db()
    assert report.answer is None
    assert reasons(event) == ["is_edited", "is_reported"]
    assert event.content_as_reviewed()["title"] == "Picnic"


def test_withdrawal_is_undone_by_a_moderator_and_the_restoring_too(moderator):
    author = make_user()
    event = make_event(user=author)

    event.withdraw(by=author).undo(by=moderator)
    event.refresh_from_db()
    assert event.moderation_status == Status.PUBLISHED

    event.withdraw(by=author)
    event.restore(by=author).undo(by=moderator)
    event.refresh_from_db()
    assert event.is_withdrawn


# Reasons, notes and mails


def test_reason_is_the_clause_and_what_was_written(moderator):
    clause = Guideline.objects.create(title="No advertising")
    reasons_given = [
        make_event().hide(by=moderator, **given).reason
        for given in ({"clause": clause}, {"reason": "A shop"}, {"clause": clause, "reason": "A shop"}, {})
    ]

    assert reasons_given == ["No advertising", "A shop", "No advertising: A shop", ""]


def test_admin_note_has_the_words_of_the_genuine_document():
    author, moderator = make_user("noncommercialhouse"), make_moderator(signature="u.n")
    event = make_event(status=Status.PENDING, user=author)
    event.record_creation()
    event.save()

    event.feature(by=moderator)

    assert event.admin_note == "<p>Created by: noncommercialhouse.</p>\n<p>featured by u.n.</p>"


def test_admin_note_tells_no_login_reason_or_note_and_escapes_the_signature():
    moderator = make_moderator("secret-login", signature="<i>Rosa</i>")
    event = make_event()
    event.hide(by=moderator, reason="Advertising", note="the usual one").undo(by=moderator)
    event.refresh_from_db()

    rosa = html.escape("<i>Rosa</i>")
    assert event.admin_note == f"\n<p>hidden by {rosa}.</p>\n<p>published by {rosa}.</p>"


def test_author_is_told_by_mail_after_the_deed(moderator, django_capture_on_commit_callbacks):
    event = make_event("Shop opening", user=make_user(email="amy@example.org"))

    with django_capture_on_commit_callbacks() as callbacks:
        event.hide(by=moderator, reason="Advertising", note="the usual one")
        assert mail.outbox == []
    for send in callbacks:
        send()

    (message,) = mail.outbox
    assert message.to == ["amy@example.org"]
    assert "Shop opening" in message.body
    assert "Advertising" in message.body
    for secret in ("the usual one", moderator.username):
        assert secret not in message.body + message.subject


@pytest.mark.parametrize("author", [None, {"email": ""}, {"email": "amy@example.org", "is_active": False}])
def test_no_mail_without_an_address_to_tell(moderator, author, django_capture_on_commit_callbacks):
    event = make_event(user=author and make_user(**author))

    with django_capture_on_commit_callbacks(execute=True):
        event.hide(by=moderator, reason="Advertising")

    assert mail.outbox == []


def test_no_mail_about_a_deed_that_hides_nothing(moderator, django_capture_on_commit_callbacks):
    event = make_event(user=make_user(email="amy@example.org"))

    with django_capture_on_commit_callbacks(execute=True):
        event.feature(by=moderator)
        event.withdraw(by=event.user)

    assert mail.outbox == []


def test_mail_server_that_is_down_does_not_fail_the_deed(
    moderator, settings, caplog, django_capture_on_commit_callbacks
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    event = make_event(user=make_user(email="amy@example.org"))

    with django_capture_on_commit_callbacks(execute=True):
        event.hide(by=moderator, reason="Advertising")

    event.refresh_from_db()
    assert event.is_hidden
    assert "A notice could not be sent: ConnectionRefusedError" in caplog.text
    assert "amy@example.org" not in caplog.text


# Deletion


def test_deleted_event_is_in_the_log_and_leaves_nothing_else(client):
    superuser = make_superuser("root")
    event = make_event("Open picnic", user=make_user())
    revised(event, make_user(), title="Secret picnic")
    make_report(event)
    client.force_login(superuser)

    client.post(f"/admin/events/event/{event.pk}/delete/", {"post": "yes"})

    assert not Event.objects.exists()
    row = ModerationAction.objects.get()
    assert (row.deed, row.user, row.through, row.post) == ("delete", superuser, "admin", None)
    assert not row.can_be_undone()
    assert [model.objects.count() for model in (QueueEntry, Report, Revision)] == [0, 0, 0]
    assert client.get("/admin/moderation/moderationaction/").status_code == 200


def test_events_deleted_in_the_list_are_each_in_the_log(client):
    client.force_login(make_superuser())
    events = [make_event(), make_event()]

    data = {"action": "delete_selected", "_selected_action": [event.pk for event in events], "post": "yes"}
    client.post("/admin/events/event/", data)

    assert not Event.objects.exists()
    assert set(ModerationAction.objects.values_list("deed", "object_id")) == {("delete", each.pk) for each in events}


# Versions, revisions and edits


def test_every_change_raises_the_version(moderator):
    event = make_event(status=Status.PENDING)
    versions = [event.version]
    for change in (event.publish, event.stick, event.hide):
        change(by=moderator)
        versions.append(event.version)
    versions.append(revised(event, moderator, title="Another").version)

    assert versions == sorted(set(versions))


def test_edit_by_its_author_keeps_the_status_and_comes_back_with_what_was_reviewed(moderator):
    author = make_user()
    event = make_event("Picnic", status=Status.PENDING, user=author)
    event.feature(by=moderator)
    reviewed = event.version

    event = revised(event, author, title="Big picnic")
    event = revised(event, author, title="Huge picnic")

    assert (event.moderation_status, event.reviewed_version) == (Status.FEATURED, reviewed)
    assert reasons(event) == ["is_edited"]
    assert event.content_as_reviewed()["title"] == "Picnic"
    assert event.content_as_of(reviewed + 1)["title"] == "Big picnic"
    assert event.content_as_of(event.version) is None
    assert [revision.content["title"] for revision in Revision.objects.order_by("version")] == ["Picnic", "Big picnic"]


def test_edit_of_what_was_never_reviewed_is_still_new():
    author = make_user()
    event = revised(make_event(status=Status.PENDING, user=author), author, title="Better")

    assert reasons(event) == ["is_new"]


def test_edit_that_changes_no_text_makes_no_revision_and_no_work(moderator):
    author = make_user()
    event = make_event(status=Status.PENDING, user=author)
    event.publish(by=moderator)

    revised(event, author, allows_comments=False)

    assert (Revision.objects.count(), reasons(event)) == (0, None)


def test_edit_by_a_moderator_makes_no_work(moderator):
    event = make_event(status=Status.PENDING)
    event.publish(by=moderator)

    event = revised(event, moderator, title="Corrected")

    assert (Revision.objects.count(), reasons(event), event.content_as_reviewed()) == (1, None, None)


def test_correction_by_a_moderator_does_not_hide_what_the_author_changed(moderator):
    author = make_user()
    event = make_event("Picnic", status=Status.PENDING, user=author)
    event.publish(by=moderator)
    event = revised(event, author, title="Casnio")

    event = revised(event, moderator, title="Casino")

    assert event.content_as_reviewed()["title"] == "Picnic"
    assert reasons(event) == ["is_edited"]


def test_edit_of_what_was_read_before_a_deed_does_not_overwrite_it(moderator):
    author = make_user()
    event = make_event(status=Status.PENDING, user=author)
    stale = Event.objects.get(pk=event.pk)
    event.hide(by=moderator, reason="Advertising")

    stale.title = "Better"
    stale.revise(by=author)

    event.refresh_from_db()
    assert (event.title, event.moderation_status) == ("Better", Status.HIDDEN)
    assert event.admin_note == "\n<p>hidden by moderators.</p>"


# Trust


@pytest.mark.parametrize("make", [make_user, make_collective])
def test_trust_is_given_and_taken_back_in_the_log(moderator, make):
    somebody = make()
    to_begin_with = somebody.is_trusted
    steps = ["distrust", "trust"] if to_begin_with else ["trust", "distrust"]

    actions = [getattr(somebody, step)(by=moderator, note="knows the rules") for step in steps]

    somebody.refresh_from_db()
    assert somebody.is_trusted == to_begin_with
    assert [(row.deed, row.user, row.post, row.private_note) for row in actions] == [
        (step, moderator, somebody, "knows the rules") for step in steps
    ]


def test_trust_that_is_given_already_leaves_no_trace(moderator):
    assert make_collective().trust(by=moderator) is None
    assert make_user().distrust(by=moderator) is None
    assert not ModerationAction.objects.exists()


@pytest.mark.parametrize(("make", "deed"), [(make_user, "trust"), (make_collective, "distrust")])
def test_trust_is_undone_once(moderator, make, deed):
    somebody = make()
    before = somebody.is_trusted
    action = getattr(somebody, deed)(by=moderator)

    undone = action.undo(by=moderator)

    somebody.refresh_from_db()
    assert (somebody.is_trusted, undone.deed, undone.undoes) == (before, "undo", action)
    with pytest.raises(AlreadyUndone):
        action.undo(by=moderator)


def test_trust_is_not_undone_under_a_later_deed(moderator):
    user = make_user()
    first = user.trust(by=moderator)
    user.distrust(by=moderator)
    user.trust(by=moderator)

    with pytest.raises(AlreadyUndone, match="since"):
        first.undo(by=moderator)

    user.refresh_from_db()
    assert user.is_trusted


def test_trust_needs_a_moderator():
    user = make_user()

    with pytest.raises(PermissionDenied):
        user.trust(by=user)

    user.refresh_from_db()
    assert not user.is_trusted


def test_post_of_a_trusted_account_starts_published(moderator):
    user = make_user()
    user.trust(by=moderator)

    assert [first_status(user=User.objects.get(pk=user.pk)), first_status(user=make_user()), first_status()] == [
        Status.PUBLISHED,
        Status.PENDING,
        Status.PENDING,
    ]


def test_post_of_a_member_starts_published_while_the_collective_is_trusted(moderator):
    member, stranger = make_user(), make_user()
    collective = make_collective(members=(member,))
    first = [first_status(user=user, collective=collective) for user in (member, stranger)]

    collective.distrust(by=moderator)
    later = first_status(user=member, collective=Collective.objects.get())

    assert (first, later) == ([Status.PUBLISHED, Status.PENDING], Status.PENDING)


def first_status(**fields):
    event = Event(**fields)
    event.record_creation()
    return event.moderation_status
