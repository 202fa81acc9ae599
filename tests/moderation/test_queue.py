from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from events.models import EventGroup
from moderation.deeds import key_of
from moderation.models import Deed, ModerationAction, Proposal, QueueEntry, Report, Status
from tests.factories import make_collective, make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:queue")


def at(**delta):
    return timezone.now() + timedelta(**delta)


def report(post, reason="advertising", text=""):
    post.report(Report(reason=reason, text=text))


def titles(entries):
    return [str(entry.post) for entry in entries]


@pytest.fixture
def moderator(client):
    user = make_moderator("mod")
    client.force_login(user)
    return user


def do(client, deed, *posts, **data):
    keys = [key_of(post) for post in posts]
    seen = {f"seen-{key_of(post)}": post.version for post in posts}
    return client.post(reverse("admin:act"), {"deed": deed, "post": keys, "next": QUEUE, **seen, **data})


def test_pending_post_waits_from_its_first_save_on():
    make_event("Fine already")
    make_event("New", status=Status.PENDING)

    assert titles(QueueEntry.objects.all()) == ["New"]


def test_order_is_held_then_reported_then_what_starts_soon_then_what_is_over():
    make_event("next month", status=Status.PENDING, date=at(days=30))
    make_event("tonight", status=Status.PENDING, date=at(hours=2))
    make_event("yesterday", status=Status.PENDING, date=at(days=-1))
    make_event("last year", status=Status.PENDING, date=at(days=-365))
    report(make_event("reported", date=at(days=60)))
    held = make_event("held", date=at(days=90), status=Status.HIDDEN, is_held=True)
    QueueEntry.objects.put(held, is_held=True)

    entries, following = QueueEntry.objects.page()

    assert titles(entries) == ["held", "reported", "tonight", "next month", "yesterday", "last year"]
    assert following == ""


def test_pages_of_the_queue_follow_each_other_without_gap_or_repetition():
    for number in range(12):
        make_event(f"coming {number}", status=Status.PENDING, date=at(days=number // 2 + 1))
        make_event(f"over {number}", status=Status.PENDING, date=at(days=-(number // 2) - 1))
    for number in range(3):
        report(make_event(f"reported {number}", date=at(days=number)))
    whole = titles(QueueEntry.objects.page(size=100)[0])

    found, after = [], ""
    while True:
        entries, after = QueueEntry.objects.page(after, size=5)
        found += titles(entries)
        if not after:
            break

    assert found == whole
    assert len(found) == 27


@pytest.mark.parametrize("cursor", ["x", "9.1.1", "2.99999999999999999.1", "2..", "-1.2.3", "2.1.1\x01"])
def test_garbage_for_a_cursor_is_the_beginning(client, moderator, cursor):
    make_event("New", status=Status.PENDING)

    response = client.get(QUEUE, {"after": cursor})

    assert response.status_code == 200
    assert "New" in response.content.decode()


def test_several_reports_on_a_post_are_one_entry_with_all_of_them(client, moderator):
    event = make_event("Sales pitch")
    report(event, text="I went last month.")
    report(event, reason="other")

    page = client.get(QUEUE).content.decode()

    assert QueueEntry.objects.count() == 1
    assert "2 reports" in page
    assert "I went last month." in page


def test_card_shows_what_changed_since_review(client, moderator):
    author = make_user()
    event = make_event("Ceilidh", user=author, status=Status.PENDING, summary="<p>Bring shoes.</p>")
    event.publish(by=moderator)
    event.summary = "<p>Bring flat shoes.</p>"
    event.revise(by=author)

    page = client.get(QUEUE).content.decode()

    assert "Edited since review" in page
    assert "<ins>flat </ins>" in page
    assert event.moderation_status == Status.PUBLISHED


def test_card_shows_likely_duplicates_and_what_came_before(client, moderator):
    when = at(days=3)
    make_event("Open decks", place="Sidings", date=when, published_by="dj")
    make_event("Old night", place="Sidings", date=at(days=-30), published_by="dj")
    make_event("Elsewhere", place="Other", date=when)
    event = make_event("OPEN DECKS", place="Sidings", date=when, published_by="dj", status=Status.PENDING)

    context = client.get(QUEUE).context["cards"][0].context

    assert {name: [str(post) for post in posts] for name, posts in context.items()} == {
        "similar": ["Open decks"],
        "by_author": ["Old night", "Open decks"],
        "at_venue": ["Old night", "Open decks"],
    }
    assert event.pk not in [post.pk for posts in context.values() for post in posts]


def test_queue_mixes_kinds_of_posts(client, moderator):
    make_collective("Nettle & Dock", moderation_status=Status.PENDING)
    make_event("New", status=Status.PENDING)

    page = client.get(QUEUE).content.decode()

    assert "Nettle &amp; Dock" in page
    assert "New" in page


@pytest.mark.parametrize(
    ("deed", "status"), [("publish", "published"), ("promote", "promoted"), ("feature", "featured")]
)
def test_deed_takes_the_post_out_of_the_queue_and_can_be_undone_from_the_message(client, moderator, deed, status):
    event = make_event("New", status=Status.PENDING)

    do(client, deed, event)

    event.refresh_from_db()
    assert event.moderation_status == status
    page = client.get(QUEUE).content.decode()
    action = ModerationAction.objects.get()
    assert (action.deed, action.through) == (deed, "admin")
    assert f'name="undo" value="{action.pk}"' in page

    client.post(reverse("admin:undo"), {"undo": action.pk, "next": QUEUE})
    event.refresh_from_db()
    assert event.is_pending
    assert titles(QueueEntry.objects.all()) == ["New"]
    page = client.post(reverse("admin:undo"), {"undo": action.pk, "next": QUEUE}, follow=True).content.decode()
    assert "This was undone already." in page


def test_many_are_done_at_once(client, moderator):
    events = [make_event(status=Status.PENDING) for _ in range(20)]

    do(client, "publish", *events)

    assert not QueueEntry.objects.exists()
    assert ModerationAction.objects.filter(deed=Deed.PUBLISH).count() == 20


def test_deed_goes_on_at_the_next_post(client, moderator):
    events = [make_event(status=Status.PENDING, date=at(days=number + 1)) for number in range(3)]

    cards = client.get(QUEUE).context["cards"]
    response = do(client, "publish", events[0], next=f"{QUEUE}#post-{cards[0].next_key}")

    assert response["Location"] == f"{QUEUE}#post-{key_of(events[1])}"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_deed_never_leads_to_another_site(client, moderator, target):
    response = do(client, "publish", make_event(status=Status.PENDING), next=target)

    assert response["Location"] == QUEUE


def test_hiding_without_a_reason_asks_for_one_and_keeps_what_was_typed(client, moderator):
    event = make_event()

    page = do(client, "hide", event, with_reason=1, private_note="third time").content.decode()

    assert "Give a reason" in page
    assert "third time" in page
    event.refresh_from_db()
    assert not event.is_hidden


def test_dismissing_answers_the_reports_and_undoing_opens_them_again(client, moderator):
    event = make_event("Fine")
    report(event)

    do(client, "dismiss", event)
    assert not QueueEntry.objects.exists()
    assert not Report.objects.filter(answer=None).exists()
    event.refresh_from_db()
    assert event.moderation_status == Status.PUBLISHED

    client.post(reverse("admin:undo"), {"undo": ModerationAction.objects.get().pk})
    assert QueueEntry.objects.get().is_reported
    assert Report.objects.filter(answer=None).exists()


def test_post_that_changed_since_it_was_shown_is_shown_again_with_the_change(client, moderator):
    author = make_user()
    event = make_event("Ceilidh", user=author, status=Status.PENDING, summary="<p>Bring shoes.</p>")
    shown = event.version
    event.summary = "<p>Buy my shoes.</p>"
    event.revise(by=author)

    response = do(client, "publish", event, **{f"seen-{key_of(event)}": shown})

    assert response.status_code == 409
    page = response.content.decode()
    assert "has changed since you saw it" in page
    assert "<del>Bring" in page
    event.refresh_from_db()
    assert event.is_pending

    do(client, "publish", event)
    event.refresh_from_db()
    assert event.moderation_status == Status.PUBLISHED


def test_second_moderator_is_told_of_the_deed_of_the_first(client, moderator):
    event = make_event("Ceilidh", status=Status.PENDING)
    shown = event.version
    event.hide(by=make_moderator("other"), reason="Advertising")

    response = do(client, "feature", event, **{f"seen-{key_of(event)}": shown})

    assert response.status_code == 409
    assert "Advertising" in response.content.decode()
    event.refresh_from_db()
    assert event.is_hidden


def test_claim_is_seen_by_others_and_expires(client, moderator):
    make_event(status=Status.PENDING)
    entry, other = QueueEntry.objects.get(), make_moderator("other")

    assert entry.claim(by=other)
    page = client.post(
        reverse("admin:claim", args=[entry.pk]), {"claim": 1, "next": QUEUE}, follow=True
    ).content.decode()
    assert "Somebody else is looking at this already." in page
    assert "other is looking at this" in page

    with time_machine.travel(at(minutes=16)):
        assert entry.claim(by=moderator)
        entry.release(by=moderator)
        assert not entry.is_claimed


def test_more_than_fifty_need_a_second_moderator(client, moderator):
    events = [make_event(status=Status.PENDING) for _ in range(51)]

    do(client, "hide", *events, with_reason=1, public_reason="Flood")
    assert QueueEntry.objects.count() == 51
    page = client.get(QUEUE).content.decode()
    assert "A second moderator has to agree." in page
    proposal = reverse("admin:proposal", args=[Proposal.objects.get().pk])
    assert client.post(proposal, {"accept": "1"}).status_code == 403

    events[0].title = "Not a flood"
    events[0].revise(by=make_user())
    client.force_login(make_moderator("second"))
    page = client.post(proposal, {"accept": "1"}, follow=True).content.decode()
    assert "1 post was left alone" in page
    assert titles(QueueEntry.objects.all()) == ["Not a flood"]
    assert ModerationAction.objects.filter(deed=Deed.HIDE, public_reason="Flood").count() == 50


def test_queue_costs_the_same_for_one_post_and_for_a_full_page(client, moderator):
    def make():
        event = make_event(status=Status.PENDING, place="Hall", published_by="dj", collective=make_collective())
        report(event)
        return event

    make()
    with CaptureQueriesContext(connection) as one:
        client.get(QUEUE)
    for _ in range(15):
        make()
    with CaptureQueriesContext(connection) as many:
        client.get(QUEUE)

    assert len(many) == len(one)


@pytest.mark.parametrize("show", ["held", "reported", "marked", "edited", "new", "nonsense"])
def test_queue_is_filtered_by_why_a_post_waits(client, moderator, show):
    new, reported = make_event("New", status=Status.PENDING), make_event("Reported")
    report(reported)

    found = [card.post for card in client.get(QUEUE, {"show": show}).context["cards"]]

    expected = {"new": [new], "reported": [reported], "nonsense": [reported, new]}
    assert found == expected.get(show, [])


def test_moderation_leads_to_the_queue_and_strangers_to_the_login(client):
    assert client.get("/moderation", follow=True).redirect_chain[-1][0] == f"/login?next={QUEUE}"
    client.force_login(make_user())
    assert client.get("/moderation", follow=True).status_code == 403


@pytest.mark.parametrize("name", ["admin:act", "admin:undo"])
def test_deeds_are_refused_to_other_accounts(client, name):
    event = make_event(status=Status.PENDING)
    client.force_login(make_user(is_staff=True))

    response = client.post(reverse(name), {"deed": "publish", "post": key_of(event), "undo": 1})

    assert response.status_code in (403, 404)
    event.refresh_from_db()
    assert event.is_pending


@pytest.mark.parametrize("keys", [["x"], ["1-1"], ["99999999999-1"], ["8-99999999999999999999999"], ["-"], [""], []])
def test_key_of_no_post_does_nothing(client, moderator, keys):
    response = client.post(reverse("admin:act"), {"deed": "publish", "post": keys})

    assert response["Location"] == QUEUE
    assert not ModerationAction.objects.exists()


def test_deed_can_be_meant_for_all_dates_of_a_series(client, moderator):
    group = EventGroup.objects.create()
    dates = [make_event(event_group=group, status=Status.PENDING, date=at(days=7 * week + 1)) for week in range(4)]
    make_event("another", status=Status.PENDING)

    do(client, "publish", dates[1], scope="following")
    for event in dates:
        event.refresh_from_db()
    assert [event.moderation_status for event in dates] == ["pending", "published", "published", "published"]

    do(client, "feature", dates[3], scope="all")
    for event in dates:
        event.refresh_from_db()
    assert [event.moderation_status for event in dates] == ["featured"] * 4
