import pytest
from django.core.exceptions import PermissionDenied

from events.models import Event, EventGroup
from moderation.deeds import ALONE, carry_out, decide, key_of, offered, posts_of
from moderation.models import Deed, Guideline, ModerationAction, PostChanged, Proposal, QueueEntry, Status, Through
from tests.concurrency import at_once
from tests.factories import make_collective, make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator():
    return make_moderator("mod")


def do(deed, posts, by, **how):
    return carry_out(deed, posts, by=by, through=Through.ADMIN, **how)


def statuses():
    return list(Event.objects.order_by("pk").values_list("moderation_status", flat=True))


def make_many(number):
    return [make_event(status=Status.PENDING) for _ in range(number)]


def test_posts_of_any_kind_are_found_by_their_keys_in_their_order():
    event, collective, other = make_event(), make_collective(), make_event()

    keys = [key_of(post) for post in (other, collective, event)]

    assert posts_of(keys) == [other, collective, event]


def test_what_is_no_key_of_a_post_is_left_out():
    event, user = make_event(), make_user()
    kind = key_of(event).split("-")[0]
    bad = [
        "",
        "-",
        "x-1",
        f"{kind}-",
        f"{kind}-0",
        f"{kind}-{'9' * 30}",
        f"{'9' * 20}-1",
        "²-1",
        f"{kind}--1",
        key_of(user),
    ]

    assert posts_of([*bad, key_of(event)]) == [event]


def test_deed_on_many_posts_of_several_kinds_is_done_to_all(moderator):
    posts = [make_event(status=Status.PENDING), make_collective(moderation_status=Status.PENDING)]

    outcome = do(Deed.PUBLISH, posts, moderator)

    assert [action.post for action in outcome.actions] == sorted(posts, key=lambda post: post._meta.label)
    assert [post.moderation_status for post in posts] == [Status.PUBLISHED] * 2
    assert {action.through for action in outcome.actions} == {Through.ADMIN}


def test_what_has_the_status_already_is_passed_over(moderator):
    posts = [make_event(status=Status.FEATURED), make_event()]

    outcome = do(Deed.FEATURE, posts, moderator)

    assert [action.post for action in outcome.actions] == [posts[1]]


def test_deed_without_permission_is_not_done():
    with pytest.raises(PermissionDenied):
        do(Deed.HIDE, make_many(1), make_user())

    assert statuses() == [Status.PENDING]


def test_deed_on_a_post_that_changed_since_it_was_shown_is_done_to_none(moderator):
    posts = make_many(3)
    seen = {key_of(post): post.version for post in posts}
    changed = Event.objects.get(pk=posts[1].pk)
    changed.title = "Something else"
    changed.revise(by=make_user())

    with pytest.raises(PostChanged) as problem:
        do(Deed.PUBLISH, posts, moderator, seen=seen)

    assert (problem.value.post, problem.value.seen) == (posts[1], 1)
    assert statuses() == [Status.PENDING] * 3
    assert not ModerationAction.objects.exists()


@pytest.mark.parametrize("deed", Deed.of_moderators())
def test_every_deed_minds_what_was_shown(moderator, deed):
    event = make_event()
    QueueEntry.objects.put(event, is_reported=True)

    with pytest.raises(PostChanged):
        do(deed, [event], moderator, seen={key_of(event): event.version - 1})

    assert not ModerationAction.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_moderators_at_once_the_second_is_told():
    event, moderators = make_event(status=Status.PENDING), [make_moderator(), make_moderator()]
    seen = {key_of(event): event.version}

    def decide_alone(deed, by):
        try:
            return carry_out(deed, posts_of(seen), by=by, through=Through.PAGE, seen=seen).actions[0].deed
        except PostChanged as change:
            return change.post.moderation_status

    came = at_once(
        lambda: decide_alone(Deed.FEATURE, moderators[0]),
        lambda: decide_alone(Deed.HIDE, moderators[1]),
    )

    action = ModerationAction.objects.get()
    assert sorted(came) == sorted([action.deed, action.to_status])
    assert Event.objects.get().moderation_status == action.to_status


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_bulk_deeds_on_the_same_posts_in_different_order_do_not_lock_each_other_out():
    posts, moderator = make_many(20), make_moderator()

    came = at_once(
        lambda: len(do(Deed.PROMOTE, list(posts), moderator).actions),
        lambda: len(do(Deed.FEATURE, list(reversed(posts)), moderator).actions),
    )

    assert came == [20, 20]
    assert len(set(statuses())) == 1


# A second moderator


def test_deed_on_fifty_posts_is_done_at_once(moderator):
    outcome = do(Deed.PUBLISH, make_many(ALONE), moderator)

    assert (ALONE, len(outcome.actions), outcome.proposal) == (50, 50, None)


def test_deed_on_more_posts_waits_for_a_second_moderator(moderator):
    clause = Guideline.objects.create(title="No floods")
    posts = make_many(ALONE + 1)

    outcome = do(Deed.HIDE, posts, moderator, clause=clause, reason="Flood", note="one machine")

    assert outcome.actions == []
    assert set(statuses()) == {Status.PENDING}
    proposal = Proposal.objects.get()
    assert (proposal.proposed_by, proposal.was_accepted, len(proposal.keys)) == (moderator, None, 51)

    with pytest.raises(PermissionDenied):
        decide(proposal, accept=True, by=moderator)
    assert set(statuses()) == {Status.PENDING}

    second = make_moderator()
    actions = decide(proposal, accept=True, by=second)

    assert set(statuses()) == {Status.HIDDEN}
    assert {(row.user, row.reason, row.private_note) for row in actions} == {
        (second, "No floods: Flood", "one machine")
    }
    proposal.refresh_from_db()
    assert (proposal.was_accepted, proposal.decided_by) == (True, second)


@pytest.mark.parametrize("deed", [Deed.PUBLISH, Deed.DISMISS, Deed.STICK])
def test_every_sort_of_deed_can_be_proposed(moderator, deed):
    posts = [make_event() for _ in range(ALONE + 1)]
    for post in posts:
        QueueEntry.objects.put(post, is_reported=True)
        post.feature(by=moderator) if deed == Deed.PUBLISH else None

    proposal = do(deed, posts, moderator).proposal

    assert len(decide(proposal, accept=True, by=make_moderator())) == 51


def test_proposal_is_refused_by_a_second_moderator_or_taken_back_by_the_first(moderator):
    posts = make_many(ALONE + 1)
    for by in (make_moderator(), moderator):
        proposal = do(Deed.PUBLISH, posts, moderator).proposal

        assert decide(proposal, accept=False, by=by) == []

        proposal.refresh_from_db()
        assert (proposal.was_accepted, proposal.decided_by) == (False, by)
    assert set(statuses()) == {Status.PENDING}


def test_proposal_is_decided_once(moderator):
    proposal = do(Deed.PUBLISH, make_many(ALONE + 1), moderator).proposal
    decide(proposal, accept=False, by=make_moderator())

    assert decide(proposal, accept=True, by=make_moderator()) == []

    assert set(statuses()) == {Status.PENDING}


def test_proposal_is_not_decided_without_the_permission(moderator):
    proposal = do(Deed.PUBLISH, make_many(ALONE + 1), moderator).proposal

    for accept in (True, False):
        with pytest.raises(PermissionDenied):
            decide(proposal, accept=accept, by=make_user())

    proposal.refresh_from_db()
    assert proposal.was_accepted is None


def test_posts_that_are_gone_by_then_are_passed_over(moderator):
    posts = make_many(ALONE + 1)
    proposal = do(Deed.PUBLISH, posts, moderator).proposal
    posts[0].delete()

    assert len(decide(proposal, accept=True, by=make_moderator())) == 50


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_proposal_accepted_by_two_at_once_is_carried_out_once():
    proposal = do(Deed.PUBLISH, make_many(ALONE + 1), make_moderator()).proposal
    others = [make_moderator(), make_moderator()]

    came = at_once(*(lambda by=by: len(decide(proposal, accept=True, by=by)) for by in others))

    assert sorted(came) == [0, 51]
    assert ModerationAction.objects.count() == 51


# What is offered


def test_only_deeds_that_change_something_are_offered(moderator):
    author = make_user()
    held, withdrawn = make_event(status=Status.HIDDEN, is_held=True), make_event(user=author)
    withdrawn.withdraw(by=author)
    hidden = make_event()
    hidden.hide(by=moderator)

    assert [offered(post, moderator, None) for post in (make_event(), hidden, held, withdrawn, make_collective())] == [
        ["promote", "feature", "hide", "stick"],
        ["publish", "promote", "feature", "stick"],
        ["publish", "promote", "feature", "hide", "stick"],
        ["publish", "promote", "feature", "hide", "stick"],
        ["promote", "feature", "hide"],
    ]
    assert offered(make_event(), make_user(), None) == []


def test_scope_of_a_deed_in_a_series():
    series = EventGroup.objects.create()
    first, second, third = (make_event(event_group=series) for _ in range(3))
    for number, event in enumerate((first, second, third)):
        event.date = event.date.replace(year=2040 + number, day=1)
        event.save()
    alone = make_event()

    assert [second.siblings(scope) for scope in ("this", "following", "all")] == [
        [second],
        [second, third],
        [first, second, third],
    ]
    assert alone.siblings("all") == [alone]
