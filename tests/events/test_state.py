"""Cancelled and postponed: who says so, and where everybody reads it."""

import json
from datetime import UTC, datetime, timedelta

import feedparser
import lxml.html
import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from events.forms import EventForm
from events.models import EditLink, Event, Holder
from moderation.models import QueueEntry, Revision, Status
from tests.factories import make_collective, make_event, make_filter, make_moderator, make_user

pytestmark = pytest.mark.django_db

NOTE = "The pipe above the stage burst."


def own_event(**fields) -> tuple[Event, Holder]:
    link, token = EditLink.objects.make()
    return make_event("Benefit gig", edit_link=link, **fields), Holder(link, token)


def words(element) -> str:
    return " ".join(element.text_content().split())


def stored(event: Event) -> tuple[str, str, int]:
    return Event.objects.values_list("event_status", "status_note", "sequence").get(pk=event.pk)


def test_whoever_may_edit_cancels_postpones_and_takes_it_back():
    event, holder = own_event()

    event.cancel(by=holder, note=NOTE)
    assert stored(event) == ("cancelled", NOTE, 1)
    event.postpone(by=make_moderator(), note="")
    assert stored(event) == ("postponed", "", 2)
    event.reinstate(by=holder)

    assert stored(event) == ("scheduled", "", 3)
    assert event.moderation_status == Status.PUBLISHED


def test_nobody_else_may():
    event, _holder = own_event()
    other = Holder(*EditLink.objects.make())
    hidden, keeper = own_event(status=Status.HIDDEN)

    for somebody in (make_user(), other):
        with pytest.raises(PermissionDenied):
            event.cancel(by=somebody)
    with pytest.raises(PermissionDenied):
        hidden.cancel(by=keeper)

    assert stored(event) == stored(hidden) == ("scheduled", "", 0)


def test_a_word_about_it_alone_does_not_raise_the_sequence():
    event, holder = own_event()
    event.cancel(by=holder, note=NOTE)

    event.cancel(by=holder, note="Another word.")

    assert stored(event) == ("cancelled", "Another word.", 1)


@pytest.mark.parametrize(
    ("change", "raised"),
    [
        ({"date": datetime(2026, 6, 13, 19, tzinfo=UTC)}, True),
        ({"end_date": datetime(2026, 6, 12, 23, tzinfo=UTC)}, True),
        ({"place": "Elsewhere"}, True),
        ({"title": "Another title", "summary": "<p>Other words</p>"}, False),
    ],
)
def test_sequence_is_raised_when_people_have_to_be_told_when_or_where_again(change, raised):
    event, holder = own_event(date=datetime(2026, 6, 12, 19, tzinfo=UTC))
    for name, value in change.items():
        setattr(event, name, value)

    event.revise(by=holder)

    assert stored(event)[2] == int(raised)


def test_cancelling_is_an_edit_for_the_moderators_and_for_the_filters():
    event, holder = own_event()
    make_filter("casino")

    event.cancel(by=holder, note="Come to the casino instead.")

    assert Event.objects.get(pk=event.pk).is_held
    assert QueueEntry.objects.of(event).get().is_edited
    assert Revision.objects.get().content["event_status"] == ""
    assert event.content()["event_status"] == "Cancelled"


def test_edit_of_something_else_keeps_the_cancellation():
    event, holder = own_event()
    stale = Event.objects.get(pk=event.pk)
    event.cancel(by=holder, note=NOTE)
    form = EventForm(
        {"title": "Benefit concert", "summary": "Loud.", "date_0": "2099-06-12", "date_1": "19:30"},
        instance=Event.objects.get(pk=stale.pk),
        user=holder,
    )

    assert form.is_valid(), form.errors
    form.save()

    assert stored(event)[:2] == ("cancelled", NOTE)


def test_new_date_ends_a_postponement():
    event, holder = own_event()
    event.postpone(by=holder, note=NOTE)
    event.date += timedelta(days=7)

    event.revise(by=holder)

    assert stored(event) == ("scheduled", "", 2)


# The page it is said on


def test_holder_of_the_link_says_it_without_an_account_and_is_led_back():
    event, holder = own_event()
    client = Client()

    form = client.get(f"/edit/{holder.token}/{event.pk}/cancel")
    answer = client.post(f"/edit/{holder.token}/{event.pk}/cancel", {"event_status": "cancelled", "status_note": NOTE})

    assert form.status_code == 200
    assert (answer.status_code, answer["Location"]) == (302, f"/edit/{holder.token}/changed")
    assert stored(event) == ("cancelled", NOTE, 1)


def test_link_of_another_post_opens_nothing():
    event, _holder = own_event()
    _other, stranger = own_event()

    address = f"/edit/{stranger.token}/{event.pk}/cancel"

    assert Client().get(address).status_code == 404
    assert Client().post(address, {"event_status": "cancelled"}).status_code == 404


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({}, "event_status", "Choose one."),
        ({"event_status": "exploded"}, "event_status", "Select a valid choice"),
        ({"event_status": "cancelled", "status_note": "x" * 256}, "status_note", "Keep this under 255 letters"),
        ({"event_status": "cancelled", "status_note": "a\nb"}, "status_note", "Write this on one line."),
        ({"event_status": "cancelled", "status_note": "<b>no</b>"}, "status_note", "take out the HTML"),
    ],
)
def test_bad_input_is_answered_beside_the_field_and_nothing_is_lost(typed, field, message):
    author = make_user()
    event = make_event(user=author)
    client = Client()
    client.force_login(author)

    response = client.post(f"/events/{event.pk}/cancel", typed)

    page = lxml.html.fromstring(response.content)
    assert response.status_code == 200
    assert message in str(response.context["form"].errors[field])
    assert page.get_element_by_id("id_status_note").get("value", "") == typed.get("status_note", "")
    assert stored(event)[0] == "scheduled"


# Where it is read


@pytest.mark.parametrize(("state", "label"), [("cancelled", "Cancelled"), ("postponed", "Postponed")])
def test_every_list_and_the_page_say_it_in_a_word(state, label):
    moderator, group = make_moderator(), make_collective("Nettle")
    event = make_event("Benefit gig", date=timezone.now() + timedelta(hours=3), collective=group)
    event.promote(by=moderator)
    event.event_status, event.status_note = state, NOTE
    event.save()
    day = timezone.localdate(event.date)

    for path in ("/", "/events", f"/events/{day:%Y/%m/%d}", f"/events/{day:%Y/%m}", "/groups/nettle"):
        text = words(lxml.html.fromstring(Client().get(path).content))
        assert label in text, path
    banner = lxml.html.fromstring(Client().get(f"/events/{event.pk}").content).find_class("note--cancelled")[0]
    assert words(banner) == f"{label} {NOTE}"


def test_formats_say_it_too():
    event, holder = own_event(date=datetime(2099, 6, 12, 19, 30, tzinfo=UTC), published_by="Nettle")
    event.cancel(by=holder, note=NOTE)
    client = Client()

    (vevent,) = Calendar.from_ical(client.get("/events.ics").content).walk("VEVENT")
    feed = feedparser.parse(client.get("/events.atom").content)
    page = lxml.html.fromstring(client.get(f"/events/{event.pk}").content)
    (data,) = page.xpath('//script[@type="application/ld+json"]/text()')

    assert (vevent["STATUS"], vevent["SEQUENCE"]) == ("CANCELLED", 1)
    assert not feed.bozo
    assert feed.entries[0].title == "Cancelled: Benefit gig · Fri 12 June 2099, 19:30"
    assert NOTE in feed.entries[0].summary
    assert json.loads(data)["eventStatus"] == "https://schema.org/EventCancelled"
    assert json.loads(data)["startDate"] == "2099-06-12T19:30+00:00"


def test_script_in_a_title_does_not_end_the_data_of_the_page():
    event = make_event("</script><script>alert(1)</script>", place="Hall & <b>, Yard")

    page = Client().get(f"/events/{event.pk}").content

    assert b"<script>alert" not in page
    (data,) = lxml.html.fromstring(page).xpath('//script[@type="application/ld+json"]/text()')
    assert json.loads(data)["name"] == "</script><script>alert(1)</script>"


def test_feed_is_not_asked_for_again_by_its_time_which_hiding_could_set_back():
    make_event(body="\x0bodd \u2028 text", title="Odd\x0btitle")
    response = Client().get("/events.atom")

    by_time = {"if-modified-since": response["Last-Modified"]}
    assert Client().get("/events.atom", headers=by_time).status_code == 200
    assert Client().get("/events.atom", headers={"if-none-match": response["ETag"]}).status_code == 304
    assert not feedparser.parse(response.content).bozo
    assert response["Content-Security-Policy"].endswith("sandbox")


def test_empty_feed_is_the_same_whenever_it_is_asked_for(time_machine):
    time_machine.move_to(datetime(2026, 6, 1, tzinfo=UTC))
    before = Client().get("/events.atom")
    time_machine.move_to(datetime(2026, 6, 2, tzinfo=UTC))

    assert Client().get("/events.atom").content == before.content
