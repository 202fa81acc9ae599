"""What helps whoever publishes: suggestions, what else is on, what may be there already, posting again."""

from datetime import UTC, date, datetime, timedelta

import lxml.html
import pytest
from django.test import Client

from events.calendar import weeks_later
from events.clashes import clash_on
from events.forms import PublishForm
from events.likeness import are_alike
from events.models import EditLink, Event, Tag
from events_site.guards import FormToken
from moderation.models import Status
from tests.factories import make_attachment, make_collective, make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EVENING = datetime(2026, 6, 12, 19, 30, tzinfo=UTC)

FILLED_IN = {
    "title": "Open picnic",
    "summary": "Bring *something* to share.",
    "date_0": "2026-06-12",
    "date_1": "19:30",
}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def filled_in(button: str = "publish", **typed: str) -> dict[str, str]:
    """What a browser sends of a form that was opened a minute ago."""
    opened = (datetime.now(tz=UTC) - timedelta(minutes=1)).timestamp()
    return FILLED_IN | {"form_token": str(FormToken("0" * 32, opened, opened)), button: "1"} | typed


def read(response) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(response.content.decode())


def words(element) -> str:
    return " ".join(element.text_content().split())


def values(page) -> dict[str, str]:
    [form] = page.xpath("//form[@id='event_form']")
    return {name: value.removeprefix("\n") for name, value in form.form_values()}


def briefs(page, within: str) -> list[str]:
    """The titles of the events listed in a part of a page."""
    return [words(link) for link in page.xpath(f"{within}//li[@class='brief']/a")]


# Suggestions


def suggested(page, name: str) -> list[str]:
    [control] = page.xpath(f"//input[@name='{name}']")
    return page.xpath(f"//datalist[@id='{control.get('list')}']/option/@value")


def test_places_areas_and_tags_of_what_everybody_sees_are_suggested_the_most_usual_first(client):
    make_event(place="Ropewalk Hall", areas=("Bermondsey",), tags=("Food",))
    for _ in range(2):
        make_event(place="The Common", areas=("Hackney",), tags=("Parks", "Food"))
    make_event(place="")

    page = read(client.get("/events/new"))

    assert {name: suggested(page, name) for name in ("place", "areas", "tags")} == {
        "place": ["The Common", "Ropewalk Hall"],
        "areas": ["Hackney", "Bermondsey"],
        "tags": ["Food", "Parks"],
    }
    assert "Often used here: Food, Parks" in words(page)


@pytest.mark.parametrize(("policy", "status"), [("open", Status.HIDDEN), ("review", Status.PENDING)])
def test_nothing_is_suggested_of_what_readers_may_not_see(settings, policy, status):
    settings.MODERATION_POLICY = policy
    author = make_user()
    make_event(place="Canary Hall", areas=("Canary Wharf",), tags=("Canaries",), status=status, user=author)

    for visitor in (None, author, make_moderator()):
        client = Client()
        if visitor:
            client.force_login(visitor)
        assert "Canar" not in client.get("/events/new").content.decode()


# What else is on that day


def make_an_evening() -> None:
    make_event("Film night", date=EVENING, tags=("Film",), place="Rio")
    make_event("Soup", date=EVENING + HOUR, tags=("Food",), areas=("Hackney",))
    make_event("Choir", date=EVENING - HOUR, areas=("Hackney",))
    make_event("The evening after", date=EVENING + DAY, tags=("Food",))
    make_event("The day before", date=EVENING - DAY)
    make_event("Two days before", date=EVENING - 2 * DAY)


def test_day_shows_first_what_shares_a_tag_or_the_area(client):
    make_an_evening()

    page = read(client.get("/events/new/day?date=2026-06-12&tags=food,+bikes&areas=hackney"))

    assert "On Friday 12 June, with the same tags or in the same area:" in words(page)
    assert briefs(page, "/") == ["Choir", "Soup"]
    [more] = page.xpath("//a[@class='more']")
    assert (words(more), more.get("href")) == ("1 more that day", "/events/2026/06/12")


def test_day_without_anything_alike_shows_what_there_is(client):
    make_an_evening()

    for query in ("", "&tags=bikes", "&tags=,,&areas=%F0%9F%9A%B2", "&tags=" + "x" * 5000):
        page = read(client.get(f"/events/new/day?date=2026-06-12{query}"))
        assert briefs(page, "/") == ["Choir", "Film night", "Soup"], query
    assert "Nothing else is on yet on Monday 15 June." in words(read(client.get("/events/new/day?date=2026-06-15")))


def test_day_names_the_quieter_days_around_it_that_are_to_come():
    make_an_evening()

    nearby = clash_on(date(2026, 6, 12), [], []).nearby

    assert [(day.date.day, day.count, day.is_quietest) for day in nearby] == [
        (10, 1, False),
        (11, 1, False),
        (13, 1, False),
        (14, 0, True),
        (15, 0, True),
    ]


def test_day_shows_at_most_six_and_counts_the_others():
    for number in range(9):
        make_event(f"Event {number}", date=EVENING + number * timedelta(minutes=1), tags=("Food", "Parks"))

    clash = clash_on(date(2026, 6, 12), ["food", "parks"], [])

    assert ([event.title for event in clash.shown], clash.others) == ([f"Event {number}" for number in range(6)], 3)


@pytest.mark.parametrize("day", ["", "x", "2026-02-29", "1899-12-31", "2101-01-01", "9999-12-31", "1" * 5000])
def test_day_that_is_none_is_not_found(client, day):
    assert client.get("/events/new/day", {"date": day}).status_code == 404


@pytest.mark.parametrize("day", ["1900-01-01", "2100-12-31"])
def test_first_and_last_day_that_the_site_knows_have_neighbours_on_one_side(client, day):
    assert client.get("/events/new/day", {"date": day}).status_code == 200


@pytest.mark.parametrize(("policy", "status"), [("open", Status.HIDDEN), ("review", Status.PENDING)])
def test_day_neither_shows_nor_counts_what_readers_may_not_see(client, settings, policy, status):
    settings.MODERATION_POLICY = policy
    make_event("Seen", date=EVENING, tags=("Food",))
    address = "/events/new/day?date=2026-06-12&tags=food"
    before = client.get(address).content
    for moment in (EVENING, EVENING + DAY):
        make_event("Canary", date=moment, status=status, tags=("Food",))

    assert client.get(address).content == before


def test_button_beside_the_date_shows_the_day_and_keeps_everything(client):
    make_an_evening()
    typed = filled_in("check", title="", date_1="", tags="Food", end_date_1="02:00")

    page = read(client.post("/events/new", typed))

    assert briefs(page, "//*[@id='clash']") == ["Soup"]
    assert page.xpath("//*[@role='alert']") == []
    kept = values(page)
    assert {name: kept.get(name, "") for name in typed if name != "check"} | {"check": "1"} == typed
    assert Event.objects.count() == 6


@pytest.mark.parametrize(("day", "message"), [("", "Choose a day first."), ("2026-02-29", "There is no such day.")])
def test_button_without_a_day_says_so_at_the_date(client, day, message):
    page = read(client.post("/events/new", filled_in("check", title="", date_0=day)))

    [error] = page.xpath("//*[@role='alert']//li")
    assert words(error).startswith(f"Starts: {message}")
    assert page.xpath("//*[@id='clash']//li") == []


def test_button_publishes_nothing_though_all_is_right(client):
    make_event("Open picnic", date=EVENING)

    page = read(client.post("/events/new", filled_in("check")))

    assert briefs(page, "//*[@id='clash']") == ["Open picnic"]
    assert "Is it one of these?" not in words(page)
    assert "compared" not in values(page)
    assert Event.objects.count() == 1


def test_button_in_an_edit_leaves_the_event_itself_out(client):
    author = make_user()
    client.force_login(author)
    event = make_event("Mine", date=EVENING, user=author)
    make_event("Other", date=EVENING)

    page = read(client.post(f"/events/{event.pk}/edit", {**FILLED_IN, "check": "1"}))

    assert briefs(page, "//*[@id='clash']") == ["Other"]
    event.refresh_from_db()
    assert event.title == "Mine"


# What may be there already


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (("Open picnic", "", 0), ("OPEN PICNIC!", "", 5), True),
        (("Open picnic", "", 0), ("Open picnic in the park", "", 0), True),
        (("Café für alle", "", 0), ("cafe fur alle", "", 0), True),
        (("Film: Matewan", "", 0), ("Film: Alien", "", 0), False),
        (("Film: Matewan", "Rio, Kingsland High Street", 0), ("Cinema", "RIO", 1), True),
        (("Film: Matewan", "Rio", 0), ("Cinema", "Rio", 2), False),
        (("Film: Matewan", "", 0), ("Cinema", "", 0), False),
        (("!", "", 0), ("?", "", 0), False),
    ],
)
def test_posts_are_alike_by_their_words_or_by_venue_and_time(one, other, alike):
    events = [Event(title=title, place=place, date=EVENING + hour * HOUR) for title, place, hour in (one, other)]

    assert are_alike(*events) == are_alike(*reversed(events)) == alike


def test_similar_event_is_asked_about_once_and_never_refused(client):
    there = make_event("Open picnic in the park", date=EVENING - 3 * HOUR)
    make_event("Open picnic", date=EVENING + DAY)

    page = read(client.post("/events/new", filled_in()))

    assert page.xpath("//title")[0].text.startswith("Is it one of these?")
    [listed] = page.xpath("//section[@role='alert']//li/a")
    assert listed.get("href") == there.get_absolute_url()
    assert {name: values(page)[name] for name in FILLED_IN} == FILLED_IN
    assert Event.objects.count() == 2

    response = client.post("/events/new", values(page) | {"publish": "1"})

    assert (response.status_code, Event.objects.count()) == (302, 3)


def test_similar_event_that_the_preview_showed_is_not_asked_about(client):
    make_event("Open picnic", date=EVENING)

    page = read(client.post("/events/new", filled_in("preview")))
    assert "Is it one of these?" in words(page)
    response = client.post("/events/new", values(page) | {"publish": "1"})

    assert (response.status_code, Event.objects.count()) == (302, 2)


def test_form_sent_again_is_no_similar_event(client):
    typed = filled_in()

    receipts = [client.post("/events/new", typed).url for _ in range(2)]

    assert len(set(receipts)) == Event.objects.count() == 1


@pytest.mark.parametrize(("policy", "status"), [("open", Status.HIDDEN), ("review", Status.PENDING)])
def test_nobody_is_asked_about_what_readers_may_not_see(client, settings, policy, status):
    settings.MODERATION_POLICY = policy
    make_event("Open picnic", date=EVENING, status=status)

    assert client.post("/events/new", filled_in()).status_code == 302


# The text


def test_text_comes_back_as_the_page_will_print_it(client):
    text = "**Bold**\n\n- one\n- two\n\n<script>alert(1)</script><a href='javascript:alert(1)' onclick=x>x</a>"

    answer = client.post("/events/new/text", {"text": text})
    html = answer.content.decode()

    assert "<strong>Bold</strong>" in html
    assert "<li>one</li>" in html
    assert "<script" not in html
    assert "javascript:" not in html
    assert "onclick" not in html
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 100_001, "Keep this under 100000 letters; it has 100001."),
        ("<b>" * 101, "There is too much formatting in this text."),
        ("Bell\x07", "Take out the invisible control character after “Bell”."),
    ],
)
def test_text_that_is_refused_says_why(client, text, message):
    assert message in client.post("/events/new/text", {"text": text}).content.decode()


def test_no_text_is_nothing(client):
    assert client.post("/events/new/text").content.strip() == b""


def test_text_of_another_site_is_refused():
    assert Client(enforce_csrf_checks=True).post("/events/new/text", {"text": "x"}).status_code == 403


# Posting again


def make_party(**fields) -> Event:
    """An event in full, from 22:00 to 02:00 on a Friday three weeks ago."""
    starts = datetime(2026, 5, 22, 22, 0, tzinfo=UTC)
    fields = {
        "date": starts,
        "end_date": starts + 4 * HOUR,
        "place": "The Common",
        "tags": ("Food",),
        "areas": ("Hackney",),
        "source": "https://example.org/picnic",
        "summary": "<p>Bring <em>something</em>.</p>",
        "summary_source": "Bring *something*.",
        "body": "<p onclick=x>Imported</p>",
        "published_by": "Amy",
        "contact_email": "amy@example.org",
        "contact_phone": "020 7946 0000",
        "allows_comments": False,
        **fields,
    }
    return make_event("Open picnic", **fields)


AGAIN = {
    "title": "Open picnic",
    "summary": "Bring *something*.",
    "body": "<p>Imported</p>",
    "date_0": "2026-06-12",
    "date_1": "22:00",
    "end_date_0": "",
    "end_date_1": "02:00",
    "place": "The Common",
    "areas": "Hackney",
    "tags": "Food",
    "source": "https://example.org/picnic",
}
OF_ITS_AUTHOR = {"published_by": "Amy", "contact_email": "amy@example.org", "contact_phone": "020 7946 0000"}


def copied(client, address: str) -> dict[str, str]:
    page = read(client.get(address))
    kept = values(page)
    return {name: kept.get(name, "") for name in AGAIN | OF_ITS_AUTHOR}


def test_anybody_posts_again_what_everybody_sees_but_not_who_posted_it(client):
    event = make_party(user=make_user())

    assert copied(client, f"/events/{event.pk}/copy") == AGAIN | dict.fromkeys(OF_ITS_AUTHOR, "")
    page = read(client.get(f"/events/{event.pk}/copy"))
    assert "The next Friday, at the time it had. Change what is different." in words(page)
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert "allows_comments" not in values(page)
    response = client.post(page.xpath("//form[@id='event_form']/@action")[0], values(page) | filled_in(**AGAIN))
    assert response.status_code == 302
    new = Event.objects.latest("pk")
    assert (new.pk != event.pk, new.date, new.end_date) == (
        True,
        datetime(2026, 6, 12, 22, 0, tzinfo=UTC),
        datetime(2026, 6, 13, 2, 0, tzinfo=UTC),
    )


def test_form_to_post_again_says_that_the_flyer_is_to_be_chosen_again(client):
    event = make_party()
    sentence = "Choose the earlier flyer again if it still fits."

    assert sentence not in words(read(client.get(f"/events/{event.pk}/copy")))
    make_attachment(event)
    assert sentence in words(read(client.get(f"/events/{event.pk}/copy")))


def test_whoever_keeps_a_post_has_all_of_it_again(client):
    author = make_user()
    collective = make_collective(members=(author,))
    event = make_party(user=author, collective=collective)
    link, token = EditLink.objects.make()
    linked = make_party(edit_link=link)

    assert copied(client, f"/edit/{token}/{linked.pk}/copy") == AGAIN | OF_ITS_AUTHOR
    client.force_login(author)
    assert copied(client, f"/events/{event.pk}/copy") == AGAIN | OF_ITS_AUTHOR
    assert values(read(client.get(f"/events/{event.pk}/copy")))["collective"] == str(collective.pk)


def test_what_waits_for_review_is_copied_by_its_holder_alone(client, settings):
    settings.MODERATION_POLICY = "review"
    link, token = EditLink.objects.make()
    event = make_party(edit_link=link, status=Status.PENDING)
    _other, another_token = EditLink.objects.make()

    assert copied(client, f"/edit/{token}/{event.pk}/copy") == AGAIN | OF_ITS_AUTHOR
    assert client.get(f"/events/{event.pk}/copy").status_code == 404
    assert client.get(f"/edit/{another_token}/{event.pk}/copy").status_code == 404


def test_event_over_several_days_keeps_its_length_and_one_without_a_date_has_none(client):
    camp = make_party(end_date=datetime(2026, 5, 24, 17, 0, tzinfo=UTC))
    dateless = make_party(date=None, end_date=None)
    day = ("date_0", "date_1", "end_date_0", "end_date_1")

    shown = [copied(client, f"/events/{event.pk}/copy") for event in (camp, dateless)]

    assert [[typed[name] for name in day] for typed in shown] == [
        ["2026-06-12", "22:00", "2026-06-14", "17:00"],
        ["", "", "", ""],
    ]


@pytest.mark.parametrize(
    ("starts", "day"),
    [
        ("2026-05-22 22:00", "2026-06-12"),
        ("2026-06-12 22:00", "2026-06-19"),  # still to come: the week after
        ("2026-06-03 12:01", "2026-06-10"),  # today, in a minute
        ("2026-06-03 11:59", "2026-06-17"),  # today, but past
        ("2009-06-10 20:00", "2026-06-10"),
        ("2100-12-30 20:00", None),
    ],
)
def test_next_time_is_the_same_day_of_a_week_to_come(starts, day):
    found = weeks_later(datetime.fromisoformat(starts).replace(tzinfo=UTC))

    assert found == (date.fromisoformat(day) if day else None)


def test_known_term_of_a_copied_event_is_found_again(client):
    event = make_party()
    page = read(client.get(f"/events/{event.pk}/copy"))

    client.post("/events/new", values(page) | filled_in(**AGAIN))

    assert Tag.objects.count() == 1


# What is folded


def test_what_most_do_not_need_is_folded_until_it_says_something(client):
    def is_open(**typed) -> bool:
        page = read(client.post("/events/new", filled_in("preview", **{"allows_comments": "on"} | typed)))
        return "open" in page.xpath("//details[contains(@class, 'fold')]")[-1].attrib

    assert not is_open()
    assert is_open(source="https://example.org")
    assert is_open(contact_email="no address")
    assert is_open(allows_comments="")


def test_fold_that_nobody_filled_in_stays_shut_when_the_form_comes_back(client):
    untouched = values(read(client.get("/events/new")))

    page = read(client.post("/events/new", untouched | {"publish": "1"}))

    assert page.xpath("//*[@id='errors']")
    assert page.xpath("//details[@open]") == []


@pytest.mark.parametrize(
    ("typed", "is_open"),
    [
        ({"repeat": "weeks"}, False),
        ({"repeat": "other"}, True),
        ({"repeat": "weeks", "repeat_weekdays": "0"}, True),
        ({"repeat": "weeks", "repeat_every": "many"}, True),
    ],
)
def test_unusual_rules_of_a_series_are_folded_until_one_is_chosen(client, typed, is_open):
    page = read(client.post("/events/new", filled_in("preview", **typed)))

    [rules] = page.xpath("//details[.//*[@name='repeat_every'] and not(.//*[@name='repeat'])]")
    assert ("open" in rules.attrib) is is_open


@pytest.mark.parametrize(
    "name", ["title", "place", "areas", "tags", "published_by", "contact_email", "contact_phone", "source"]
)
@pytest.mark.parametrize("character", ["\r\n", "\r", "\n", "\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
def test_line_with_a_break_or_a_control_character_is_refused_at_its_field(name, character):
    usual = {"contact_email": "a@example.org", "source": "https://example.org/"}.get(name, "One")

    form = PublishForm(filled_in(**{name: f"{usual}{character}X: y"}))

    assert list(form.errors) == [name]
    assert not form.is_valid()
