import feedparser
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from moderation.models import ContentFilter, Guideline, Status
from tests.factories import make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db

PAGES = ["/hidden", "/hidden.atom"]


def hidden_event(**how):
    event = make_event("Canary title", summary="<p>Canary summary</p>", published_by="Canary author")
    event.hide(by=make_moderator(), **({"reason": "Advertising"} | how))
    return event


@pytest.mark.parametrize("page", PAGES)
def test_log_tells_when_why_and_under_which_clause_but_not_what_or_whose(client, page):
    clause = Guideline.objects.create(title="No advertising")
    event = make_event("Canary title", summary="<p>Canary summary</p>", published_by="Canary author")
    moderator = make_moderator("Canarylogin", signature="u.n")
    event.hide(by=moderator, reason="It sells something", clause=clause, note="Canary note")

    text = client.get(page).content.decode()

    for told in ("No advertising", "It sells something", "u.n", f"event {event.pk}"):
        assert told in text
    assert "Canary" not in text


@pytest.mark.parametrize("page", PAGES)
def test_log_tells_what_was_brought_back(client, page):
    event = hidden_event()
    event.publish(by=make_moderator())

    text = client.get(page).content.decode().lower()

    assert text.count("hidden: event") + text.count(": hidden<") >= 1
    assert "shown again" in text


@pytest.mark.parametrize("page", PAGES)
def test_log_is_silent_about_what_was_never_public_and_about_authors_themselves(client, settings, page):
    author = make_user()
    make_event(user=author).withdraw(by=author)
    ContentFilter.objects.create(title="Canary filter", why="x", expressions="guaranteed", is_active=True)
    held = make_event(status=Status.PENDING, summary="<p>guaranteed</p>", public_since=None)
    settings.MODERATION_POLICY = "review"
    waiting = make_event("waiting", status=Status.PENDING)
    waiting.hide(by=make_moderator(), reason="spam")

    text = client.get(page).content.decode()

    for post in (held, waiting):
        assert f"event {post.pk}" not in text
    assert "Canary" not in text


def test_log_can_be_switched_off(client, settings):
    settings.PUBLIC_MODERATION_LOG = False
    hidden_event()

    assert [client.get(page).status_code for page in PAGES] == [404, 404]
    assert "/hidden" not in client.get("/").content.decode()


def test_feed_is_read_by_a_feed_reader_without_complaint(client):
    event = hidden_event(reason="Rock & <Roll> \x0b")

    feed = feedparser.parse(client.get("/hidden.atom").content)

    assert not feed.bozo
    (entry,) = feed.entries
    assert entry.title == f"event {event.pk}: hidden"
    assert entry.author == "moderators"
    assert entry.updated_parsed is not None


def test_log_is_paged_and_costs_the_same_whatever_its_length(client):
    hidden_event()
    with CaptureQueriesContext(connection) as one:
        client.get("/hidden")
    events = [hidden_event() for _ in range(55)]
    with CaptureQueriesContext(connection) as many:
        first = client.get("/hidden")

    assert len(many) == len(one)
    second = client.get(f"/hidden?before={first.context['next']}")
    shown = [action.object_id for page in (first, second) for action in page.context["actions"]]
    assert shown[:55] == [event.pk for event in reversed(events)]
    assert len(shown) == len(set(shown)) == 56


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "1\x01"])
def test_garbage_for_a_page_is_the_first_page(client, before):
    hidden_event()

    assert client.get("/hidden", {"before": before}).status_code == 200
