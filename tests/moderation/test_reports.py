import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse

from moderation.models import QueueEntry, Report, Status
from tests.factories import make_collective, make_event, make_moderator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = 0


def send(client, address, **data):
    form = client.get(address).context["form"]
    return client.post(address, {"form_token": form["form_token"].value(), **data})


def test_anybody_can_report_an_event_and_sees_that_it_arrived(client):
    event = make_event("Sales pitch")
    address = reverse("events:report", args=[event.pk])
    assert f'href="{address}"' in client.get(event.get_absolute_url()).content.decode()

    response = send(client, address, reason="advertising", text="I went last month.")

    assert "has arrived" in client.get(response["Location"]).content.decode()
    report = Report.objects.get()
    assert (report.post, report.reason, report.text) == (event, "advertising", "I went last month.")
    assert QueueEntry.objects.get().is_reported
    event.refresh_from_db()
    assert event.moderation_status == Status.PUBLISHED


def test_collective_can_be_reported(client):
    collective = make_collective("Wrong Notes")

    send(client, reverse("collectives:report", args=[collective.slug]), reason="privacy")

    assert Report.objects.get().post == collective


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Choose what is wrong."),
        ({"reason": "nonsense"}, "Select a valid choice"),
        ({"reason": "other", "text": "x" * 2_001}, "2000"),
        ({"reason": "other", "text": "a\x0bb"}, "invisible control character"),
        ({"reason": "other", "website": "spam"}, "people do not see"),
        ({"reason": "other", "form_token": "forged"}, "had expired"),
    ],
)
def test_bad_report_is_refused_in_words_and_nothing_is_lost(client, data, message):
    address = reverse("events:report", args=[make_event().pk])

    page = send(client, address, **({"text": "what I typed"} | data)).content.decode()

    assert message in page
    assert data.get("text", "what I typed").replace("\x0b", "") in page.replace("\x0b", "")
    assert not Report.objects.exists()


def test_report_quicker_than_a_person_is_asked_again(client, settings):
    settings.FORM_MIN_SECONDS = 3
    address = reverse("events:report", args=[make_event().pk])

    assert "quicker than a person" in send(client, address, reason="other").content.decode()
    assert not Report.objects.exists()


def test_hidden_post_cannot_be_reported_and_is_not_named(client):
    event = make_event("Secret", status=Status.HIDDEN)

    response = client.get(reverse("events:report", args=[event.pk]))

    assert response.status_code == 404
    assert "Secret" not in response.content.decode()


def test_forged_fields_of_a_report_do_nothing(client):
    event, other = make_event(), make_event("Other")
    data = {"object_id": other.pk, "is_mailed": "on", "answer": 1, "moderation_status": "hidden"}

    send(client, reverse("events:report", args=[event.pk]), reason="other", **data)

    report = Report.objects.get()
    assert (report.post, report.is_mailed, report.answer) == (event, False, None)


def test_moderators_are_mailed_each_report_when_the_site_says_so(client, settings, django_capture_on_commit_callbacks):
    settings.REPORT_MAIL = "each"
    make_moderator(email="one@example.org")
    make_moderator(email="two@example.org")
    make_moderator()
    event = make_event("Sales pitch")

    with django_capture_on_commit_callbacks(execute=True):
        send(client, reverse("events:report", args=[event.pk]), reason="advertising", text="I went.")

    assert sorted(message.to[0] for message in mail.outbox) == ["one@example.org", "two@example.org"]
    assert "I went." in mail.outbox[0].body
    assert event.get_absolute_url() in mail.outbox[0].body


def test_digest_tells_of_each_report_once(client, django_capture_on_commit_callbacks, capsys):
    make_moderator(email="one@example.org")
    for reason in ("advertising", "privacy"):
        send(client, reverse("events:report", args=[make_event().pk]), reason=reason)
    assert mail.outbox == []

    with django_capture_on_commit_callbacks(execute=True):
        call_command("send_report_digest")
        call_command("send_report_digest")

    (message,) = mail.outbox
    assert "2 reports" in message.subject
    assert "It is advertising" in message.body
    assert "It exposes a person" in message.body
    assert capsys.readouterr().out.split("\n") == ["2 reports.", "0 reports.", ""]


def test_digest_that_the_mail_server_refuses_is_sent_with_the_next_one(client, settings):
    make_moderator(email="one@example.org")
    send(client, reverse("events:report", args=[make_event().pk]), reason="privacy")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    with pytest.raises(CommandError, match="did not take the digest"):
        call_command("send_report_digest")

    assert Report.objects.get().is_mailed is False
