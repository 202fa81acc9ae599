import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from events.forms import EventForm, PublishForm
from events.models import Event
from events_site.guards import FormToken
from moderation.models import ContentFilter, ModerationAction, QueueEntry, Status
from moderation.models.filters import (
    MAX_EXPRESSION_LENGTH,
    MAX_EXPRESSIONS,
    MAX_TEXT,
    compiled,
    searched,
    validate_expressions,
)
from moderation.rehearsals import rehearse
from tests.factories import make_collective, make_event, make_filter, make_user


def find(expressions, fields=(), **content):
    return ContentFilter(expressions=expressions, fields=list(fields)).find(searched(content))


def problem(expressions):
    with pytest.raises(ValidationError) as error:
        validate_expressions(expressions)
    return " ".join(error.value.messages)


# Expressions


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("casino", "Big CASINO night"),
        (r"free\s+money", "free \n money"),
        ("страх", "СТРАХ и"),
        ("^buy", "Buy now"),
        ("one\ntwo", "the two of us"),
        ("best .{0,20} deal", "the best holiday deal"),
    ],
)
def test_expression_is_found_whatever_its_case(expression, text):
    assert find(expression, title=text)


def test_what_is_not_there_is_not_found():
    assert find("casino", title="Picnic", body="", summary="<p>Bring a friend</p>") is None


def test_words_are_found_through_their_markup_and_addresses_within_it():
    body = '<p>free <b>mo</b>ney <a href="https://casino.example/">here</a></p>'

    assert find("free money", body=body).field == "body"
    assert find("casino", body=body).expression == "casino"


def test_markup_before_the_words_does_not_push_them_out_of_what_is_searched():
    assert find("casino", body="<b></b>" * 9_000 + "casino")


def test_only_the_chosen_fields_are_searched():
    content = {"title": "Picnic", "published_by": "Casino"}

    assert find("casino", ["title"], **content) is None
    assert find("casino", ["title", "published_by"], **content).field == "published_by"


def test_find_tells_the_field_the_expression_and_some_of_the_text():
    found = find("poker\ncasino", title="Picnic", body="x " * 200 + "Casino" + " y" * 200)

    assert (found.field, found.expression) == ("body", "casino")
    assert "Casino" in found.excerpt
    assert len(found.excerpt) < 200


@pytest.mark.parametrize(
    ("expressions", "said"),
    [
        ("", "Write at least one expression."),
        (" \n\t\n", "Write at least one expression."),
        ("fine\n(broken", "Expression 2, “(broken”, is not understood: missing ): (broken."),
        ("a**", "Expression 1, “a**”, is not understood: bad repetition operator: **."),
        (r"(word)\1", r"Expression 1, “(word)\1”, is not understood: invalid escape sequence: \1."),
        ("(?=word)", "Expression 1, “(?=word)”, is not understood: invalid perl operator: (?=."),
        *(
            (f"fine\n{everything}", f"Expression 2, “{everything}”, would match nearly every post.")
            for everything in ("a*", ".", ".*", "^", "x|", "()", r"\s", r"\w+", "[a-z]", "[^x]", "e")
        ),
        ("x" * (MAX_EXPRESSION_LENGTH + 1), "Expression 1 has 501 characters; 500 are allowed."),
        ("word\n" * 10_000, "At most 500 expressions; there are 10000."),
        ("\n".join(rf"x{number}\pL{{20}}" for number in range(100)), "too much for one filter"),
    ],
)
def test_bad_expressions_are_refused_with_their_number_and_the_reason(expressions, said):
    assert said in problem(expressions)


def test_as_many_expressions_as_are_allowed_are_accepted():
    validate_expressions("\n".join(f"word{number}" for number in range(MAX_EXPRESSIONS)))


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_text_is_either_refused_or_searched_for(text):
    try:
        validate_expressions(text)
    except ValidationError:
        return
    find(text, title="An ordinary title", body="<p>x</p>" + text)


CATASTROPHIC = ["(x+x+)+y", "(xx*)*q", "(x|xx)+y", "([xy]*)*z", "(.*x){20}y", "(x?){200}x{200}y"]


@pytest.mark.parametrize("expression", CATASTROPHIC)
def test_catastrophic_pattern_takes_time_in_proportion_to_the_text(expression):
    """Python's own engine needs years for these. The bound is generous; growth without bound would be beyond it."""
    matcher = compiled(expression)

    began = time.perf_counter()
    matcher.Match("x" * 1_000_000)
    find(expression, body="x" * 1_000_000)

    assert time.perf_counter() - began < 5


def test_no_more_of_a_text_is_searched_than_its_beginning():
    texts = searched({"title": "Picnic", "body": "<p>word</p>" * 100_000, "summary": "<" * 1_000_000, "place": ""})

    assert list(texts) == ["title", "body", "summary"]
    assert max(len(variant) for variants in texts.values() for variant in variants) <= MAX_TEXT
    assert texts["title"] == ["Picnic"]


@pytest.mark.django_db
def test_ten_thousand_patterns_are_asked_in_one_query_and_two_passes_each(django_assert_num_queries):
    for part in range(20):
        make_filter("\n".join(f"word{part}x{number}y" for number in range(MAX_EXPRESSIONS)))
    content = {"title": "Picnic", "body": "<p>" + "word19x499 " * 90_000 + "</p>"}

    began = time.perf_counter()
    with django_assert_num_queries(1):
        assert ContentFilter.objects.matching(content) == []

    assert time.perf_counter() - began < 5


# Filters in force


@pytest.mark.django_db
def test_filters_that_are_off_or_expired_are_not_asked():
    now = datetime(2026, 6, 12, 12, tzinfo=UTC)
    expiring = make_filter(expires_on=now)
    make_filter(is_active=False)
    lasting = make_filter()

    with time_machine.travel(now - timedelta(seconds=1), tick=False):
        assert list(ContentFilter.objects.in_force().order_by("pk")) == [expiring, lasting]
    with time_machine.travel(now, tick=False):
        assert ContentFilter.objects.matching({"title": "casino"}) == [lasting]


@pytest.mark.django_db
def test_hits_are_counted_and_dated():
    hit, missed = make_filter(), make_filter("poker")

    for _ in range(2):
        ContentFilter.objects.matching({"title": "casino"})

    hit.refresh_from_db()
    missed.refresh_from_db()
    assert (hit.hits, missed.hits, missed.last_hit_on) == (2, 0, None)
    assert timezone.now() - hit.last_hit_on < timedelta(minutes=1)


@pytest.mark.django_db
def test_stored_filter_that_the_engine_refuses_lets_posts_through_and_is_told_to_the_log(caplog):
    broken, fine = make_filter("(broken"), make_filter()

    assert ContentFilter.objects.matching({"title": "casino"}) == [fine]

    assert f"Content filter {broken.pk} cannot be used: Expression 1" in caplog.text


# Posts


@pytest.mark.django_db
def test_holding_filter_hides_and_others_mark_and_the_log_names_them():
    marking, holding = make_filter(holds=False), make_filter()
    also_holding = make_filter()
    event = make_event("Casino", status=Status.PENDING)

    event.screen()

    assert (event.moderation_status, event.is_held, event.auto_moderation_checked) == (Status.HIDDEN, True, True)
    rows = event.moderation_log.order_by("pk").values_list("deed", "content_filter", "from_status", "to_status")
    assert list(rows) == [
        ("hold", holding.pk, "pending", "hidden"),
        ("mark", also_holding.pk, "hidden", "hidden"),
        ("mark", marking.pk, "hidden", "hidden"),
    ]
    entry = QueueEntry.objects.get()
    assert (entry.rank, entry.reasons) == (QueueEntry.Rank.HELD, ["is_new", "is_marked"])


@pytest.mark.django_db
def test_marking_filter_leaves_the_post_visible():
    make_filter(holds=False)
    event = make_event("Casino")

    event.screen()

    assert (event.moderation_status, event.is_held) == (Status.PUBLISHED, False)
    assert QueueEntry.objects.get().reasons == ["is_marked"]


@pytest.mark.django_db
def test_post_that_matches_nothing_is_only_noted_as_checked():
    make_filter()
    event = make_event("Picnic")
    changed = event.updated_on

    assert event.screen() == []

    event.refresh_from_db()
    assert (event.auto_moderation_checked, event.updated_on) == (True, changed)
    assert not ModerationAction.objects.exists()
    assert not QueueEntry.objects.exists()


@pytest.mark.django_db
def test_filter_does_not_turn_what_a_moderator_hid_into_something_held():
    make_filter()
    event = make_event("Casino", status=Status.HIDDEN)

    event.screen()

    assert (event.is_hidden, event.is_held) == (True, False)
    assert event.moderation_log.get().deed == "mark"


def published(**data):
    day = timezone.localdate() + timedelta(days=3)
    data = {"title": "Picnic", "summary": "Bring a friend", "date_0": f"{day}", "date_1": "19:00", **data}
    form = PublishForm({"form_token": str(FormToken.new()), **data}, user=data.pop("user", None))
    assert form.is_valid(), form.errors
    return form.publish()


@pytest.fixture
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = 0


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_time_trap")
@pytest.mark.parametrize("field", ["title", "summary", "body", "published_by", "place"])
def test_new_post_is_screened_before_anybody_can_see_it(field):
    make_filter()

    event = published(**{field: "Casino night"})

    stored = Event.objects.get()
    assert (stored, stored.is_held, stored.public_since) == (event, True, None)
    assert not Event.objects.visible().exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_time_trap")
def test_new_post_that_matches_nothing_is_visible_and_checked():
    make_filter()

    event = published()

    assert (event.is_held, Event.objects.get().auto_moderation_checked) == (False, True)
    assert list(Event.objects.visible()) == [event]


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_time_trap")
def test_new_post_is_not_saved_when_its_screening_fails(monkeypatch):
    def fail(event, **how):
        raise RuntimeError

    monkeypatch.setattr(Event, "screen", fail)
    with pytest.raises(RuntimeError):
        published()

    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_time_trap")
def test_post_of_a_trusted_author_is_screened_too():
    make_filter()

    event = published(title="Casino", user=make_user(is_trusted=True))

    assert (event.user.is_trusted, event.is_held) == (True, True)


@pytest.mark.django_db
def test_edit_is_screened_and_its_tags_saved():
    make_filter()
    author = make_user()
    event = make_event("Picnic", user=author, status=Status.PUBLISHED)
    day = timezone.localdate() + timedelta(days=3)
    data = {"title": "Casino", "summary": "x y", "date_0": f"{day}", "date_1": "19:00", "tags": "food"}

    form = EventForm(data, instance=Event.objects.get(), user=author)
    assert form.is_valid(), form.errors
    form.save()

    event.refresh_from_db()
    assert (event.title, event.is_held, [str(tag) for tag in event.tags.all()]) == ("Casino", True, ["food"])
    assert event.content_as_of(1)["title"] == "Picnic"


# What would have been caught


@pytest.mark.django_db
def test_rehearsal_finds_among_the_latest_of_all_kinds_newest_first_and_changes_nothing():
    now = timezone.now()
    old = make_event("Casino of old", created_on=now - timedelta(days=2))
    group = make_collective("Casino club", created_on=now - timedelta(days=1))
    new = make_event("New casino", created_on=now)
    make_event("Picnic")
    content_filter = make_filter(is_active=False)

    caught, number = rehearse(content_filter)

    assert ([each.post for each in caught], number) == ([new, group, old], 4)
    content_filter.refresh_from_db()
    assert content_filter.hits == 0
    assert not ModerationAction.objects.exists()


@pytest.mark.django_db
def test_rehearsal_looks_at_the_latest_thousand():
    make_event("Casino", created_on=timezone.now() - timedelta(days=1))
    Event.objects.bulk_create(Event(title="Picnic", date=timezone.now()) for _ in range(1_000))

    assert rehearse(make_filter()) == ([], 1_000)


# run_content_filters


def run(capsys, *arguments):
    call_command("run_content_filters", *arguments)
    return capsys.readouterr().out.strip()


def imported(title, **fields):
    times = {"created_on": datetime(2009, 10, 1, tzinfo=UTC), "updated_on": datetime(2009, 10, 2, tzinfo=UTC)}
    event = Event(title=title, date=datetime(2009, 10, 22, tzinfo=UTC), **times, **fields)
    event.moderation_status = Status.PUBLISHED
    event.save(keep_times=True)
    return event


def states():
    return list(
        Event.objects.order_by("pk").values_list(
            "title", "moderation_status", "is_held", "auto_moderation_checked", "updated_on__year", "public_since__year"
        )
    )


@pytest.mark.django_db
def test_command_screens_what_was_imported_and_keeps_its_times(capsys):
    make_filter()
    make_filter("poker", holds=False)
    for title in ("Casino", "Poker", "Picnic"):
        imported(title)
    imported("Unknown casino", auto_moderation_checked=None)
    imported("Checked casino", auto_moderation_checked=True)

    assert run(capsys) == "checked: 4, held: 2, marked: 1"

    assert states() == [
        ("Casino", "hidden", True, True, 2009, 2009),
        ("Poker", "published", False, True, 2009, 2009),
        ("Picnic", "published", False, True, 2009, 2009),
        ("Unknown casino", "hidden", True, True, 2009, 2009),
        ("Checked casino", "published", False, True, 2009, 2009),
    ]
    assert {str(entry.post): entry.reasons for entry in QueueEntry.objects.all()} == {
        title: ["is_marked"] for title in ("Casino", "Poker", "Unknown casino")
    }


@pytest.mark.django_db
def test_command_run_twice_changes_nothing(capsys):
    content_filter = make_filter()
    imported("Casino")
    run(capsys)
    before = list(Event.objects.values())

    assert run(capsys) == "checked: 0, held: 0, marked: 0"

    content_filter.refresh_from_db()
    assert (list(Event.objects.values()), ModerationAction.objects.count(), content_filter.hits) == (before, 1, 1)


@pytest.mark.django_db
def test_dry_run_says_the_same_and_writes_nothing(capsys):
    content_filter = make_filter()
    imported("Casino")
    imported("Picnic")
    before = list(Event.objects.order_by("pk").values())

    assert run(capsys, "--dry-run") == "Nothing was written. Would be checked: 2, held: 1, marked: 0"

    content_filter.refresh_from_db()
    assert (list(Event.objects.order_by("pk").values()), content_filter.hits) == (before, 0)
    assert not ModerationAction.objects.exists()
    assert not QueueEntry.objects.exists()


@pytest.mark.django_db
def test_command_goes_through_more_than_one_batch(capsys, monkeypatch):
    monkeypatch.setattr("moderation.management.commands.run_content_filters.BATCH", 2)
    for number in range(5):
        imported(f"Picnic {number}")

    assert run(capsys) == "checked: 5, held: 0, marked: 0"
