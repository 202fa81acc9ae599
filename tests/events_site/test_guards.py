"""Forms that anybody may send, when they come too often, with too many links, or while the clock is set."""

import time
import uuid

import pytest
from django.core import mail
from django.urls import reverse

from events.models import EditLink, Event
from events_site.guards import FormToken
from events_site.links import web_addresses
from moderation.models import Report
from tests.factories import make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db

NEW = reverse("events:create")
FIVE_LINKS = " ".join(f"https://example.org/{number}" for number in range(5))


def token(ago: float = 60) -> str:
    opened = time.time() - ago
    return str(FormToken(uuid.uuid4().hex, opened, opened))


def post(client, **fields):
    data = {
        "title": f"Picnic {uuid.uuid4().hex[:8]}",
        "summary": "Bring a friend.",
        "date_0": "2090-06-01",
        "date_1": "19:00",
        "form_token": token(),
    }
    return client.post(NEW, data | fields)


def report(client, event, **fields):
    data = {"reason": "other", "text": "Look at this", "form_token": token()}
    return client.post(reverse("events:report", args=[event.pk]), data | fields)


def page(response) -> str:
    return response.content.decode()


# Too much


def test_sixth_post_waits_and_what_was_typed_is_still_there(client):
    assert [post(client).status_code for _ in range(5)] == [302] * 5

    response = post(client, title="The sixth", summary="Every word of it")

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 601
    assert "Nothing is lost" in page(response)
    assert 'value="The sixth"' in page(response)
    assert "Every word of it" in page(response)
    assert "no-store" in response["Cache-Control"]
    assert Event.objects.count() == 5


def test_post_that_waited_goes_through_with_the_same_form(client, time_machine):
    time_machine.move_to("2026-06-10T12:00:00Z", tick=False)
    for _ in range(5):
        post(client)
    waiting = {"title": "The sixth", "form_token": token()}
    assert post(client, **waiting).status_code == 429

    time_machine.shift(601)

    assert post(client, **waiting).status_code == 302


def test_previews_and_mistakes_do_not_count(client):
    for _ in range(6):
        assert post(client, preview="1").status_code == 200
        assert post(client, title="").status_code == 200

    assert post(client).status_code == 302


def test_form_sent_twice_counts_once(client):
    same = {"title": "Once", "form_token": token()}

    assert [post(client, **same).status_code for _ in range(8)] == [302] * 8
    assert [post(client).status_code for _ in range(5)] == [302] * 4 + [429]
    assert Event.objects.filter(title="Once").count() == 1


def test_even_mistakes_have_an_end(client):
    assert {post(client, title="").status_code for _ in range(60)} == {200}

    assert post(client, title="").status_code == 429
    assert post(client).status_code == 429


def test_other_connection_posts_meanwhile(client):
    for _ in range(5):
        post(client)

    assert post(client, title="From elsewhere").status_code == 429
    assert client.post(NEW, {}, REMOTE_ADDR="192.0.2.9").status_code == 200


def test_eleventh_report_within_an_hour_waits(client):
    events = [make_event() for _ in range(11)]

    responses = [report(client, event) for event in events]

    assert [response.status_code for response in responses] == [302] * 10 + [429]
    assert "Retry-After" in responses[-1]
    assert "Look at this" in page(responses[-1])
    assert Report.objects.count() == 10
    assert len(mail.outbox) == 0


EDIT = {"title": "Edited", "summary": "Bring a friend.", "date_0": "2090-06-01", "date_1": "19:00"}


@pytest.mark.parametrize(("word", "data"), [("edit", EDIT), ("cancel", {"event_status": "cancelled"})])
def test_edits_have_an_end_too(client, settings, word, data):
    settings.LIMITS = settings.LIMITS | {"edit": [(2, 600)]}
    link, token = EditLink.objects.make()
    event = make_event(edit_link=link)
    address = f"/edit/{token}/{event.pk}/{word}"

    looked = [client.post(address, data | {"preview": "1"}).status_code for _ in range(3)] if word == "edit" else []
    responses = [client.post(address, data) for _ in range(3)]

    assert set(looked) <= {200}
    assert [response.status_code for response in responses] == [302, 302, 429]
    assert "Nothing is lost" in page(responses[-1])


def test_moderator_may_have_many_edits_to_make(client, settings):
    settings.LIMITS = settings.LIMITS | {"edit": [(2, 600)]}
    client.force_login(make_moderator())
    address = reverse("events:update", args=[make_event().pk])

    assert [client.post(address, EDIT).status_code for _ in range(3)] == [302] * 3


def test_posting_and_reporting_work_without_a_cache(client, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/9",
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        }
    }

    assert post(client).status_code == 302
    assert report(client, make_event()).status_code == 302


# Links


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("Come along, bring cake.", 0),
        ('<p><a href="https://example.org/">example.org</a> and http://example.org</p>', 1),
        ('<a href="https://one.example">1</a> <a title="x" href="https://two.example">2</a> www.three.example', 3),
        ('<a href="mailto:us@example.org">write</a>', 0),
        ("https://example.org/a, https://example.org/b.", 2),
        ("HTTPS://EXAMPLE.ORG", 1),
    ],
)
def test_web_addresses_in_a_text(text, number):
    assert len(web_addresses(text)) == number


def test_stranger_writes_five_web_addresses_and_no_more(client):
    assert post(client, summary=FIVE_LINKS).status_code == 302

    response = post(client, body=f"See {FIVE_LINKS}", source="https://sixth.example/")

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["body"]
    assert "6 web addresses" in page(response)
    assert "log in" in page(response)
    assert "https://example.org/4" in page(response)


def test_same_address_counts_once(client):
    assert post(client, summary=FIVE_LINKS, body=f"[again](https://example.org/1) {FIVE_LINKS}").status_code == 302


def test_account_may_write_as_many_as_it_likes_but_not_anonymously(client):
    client.force_login(make_user())
    many = f"{FIVE_LINKS} https://sixth.example/"

    assert post(client, body=many, without_account="on").status_code == 200
    assert post(client, body=many).status_code == 302


# The clock


@pytest.mark.parametrize(("ahead", "status"), [(0, 302), (299, 302), (301, 200), (86_400, 200)])
def test_form_from_the_future_is_good_for_five_minutes(client, settings, ahead, status):
    settings.FORM_MIN_SECONDS = 0

    assert post(client, form_token=token(ago=-ahead)).status_code == status


def test_form_from_far_in_the_future_is_asked_once_more(client):
    response = post(client, form_token=token(ago=-86_400))
    assert "The clock was set" in page(response)

    again = response.context["form"]["form_token"].value()

    assert post(client, form_token=again).status_code == 302
    assert FormToken.parse(again) is not None


def test_moderator_on_a_busy_connection_still_posts(client):
    for _ in range(6):
        post(client)
    client.force_login(make_moderator())

    assert post(client).status_code == 302
