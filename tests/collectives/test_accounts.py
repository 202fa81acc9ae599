"""Accounts: signing up, logging in and out, passwords, addresses, the second step, and leaving."""

import re
from concurrent.futures import wait
from html import unescape

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from collectives.models import Membership, User
from events.models import Event
from events_site.guards import FormToken
from moderation import emails
from tests.factories import PASSWORD, make_collective, make_event, make_moderator, make_superuser, make_user

pytestmark = pytest.mark.django_db

NEW = "a different horse battery"


@pytest.fixture(autouse=True)
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = -1


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """Does something and returns the mails that left because of it."""

    def sent(deed):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            deed()
        wait(set(emails._waiting))
        return mail.outbox

    return sent


def text(response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode())))


def sign_up(client, name="amy", **typed):
    data = {"username": name, "password1": NEW, "form_token": str(FormToken.new()), **typed}
    return client.post("/signup", data)


def log_in(client, name="amy", password=PASSWORD, **typed):
    return client.post("/login", {"username": name, "password": password, **typed})


def link_in(message) -> str:
    return re.search(r"http://testserver(/account/\S+)", message.body).group(1)


def code_of(user) -> str:
    secret = Authenticator.objects.get(user=user, type="totp").wrap().instance.data["secret"]
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))


# Signing up


def test_account_needs_a_name_and_a_password_alone(client):
    assert sign_up(client).url == "/account"

    user = User.objects.get()
    assert (user.username, user.email, user.is_staff) == ("amy", "", False)
    assert client.get("/account").status_code == 200
    assert client.session.get_expire_at_browser_close()


def test_sign_up_says_where_the_name_appears_and_what_the_address_is_for(client):
    said = text(client.get("/signup"))

    assert "It does appear in the data of what you sign with your account." in said
    assert "without it nobody can let you back in" in said


def test_address_given_at_sign_up_is_confirmed_by_a_mail(client, sent):
    (message,) = sent(lambda: sign_up(client, email="amy@example.org"))

    assert message.to == ["amy@example.org"]
    page = client.get(link_in(message))
    assert not EmailAddress.objects.get().verified
    assert "amy@example.org" in text(page)
    client.post(link_in(message))
    assert EmailAddress.objects.get().verified


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("AMY2", "already exists"),
        ("ａmy2", "already exists"),
        ("Moderators", "taken for somebody who runs the site"),
        ("ＡＤＭＩＮ", "taken for somebody who runs the site"),
        ("аdmin", "Write the name in one alphabet."),
        ("two words", "Enter a valid username"),
        ("x" * 151, "at most 150 characters"),
        ("a\u202eb", "Enter a valid username"),
        ("", "This field is required."),
    ],
)
def test_name_that_is_refused(client, name, problem):
    make_user("amy2")

    page = text(sign_up(client, name))

    assert problem in page
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "password1234", "123456789012345", "amy"])
def test_password_that_is_refused(client, password):
    assert sign_up(client, password1=password).status_code == 200
    assert not User.objects.exists()


def test_name_is_the_same_in_capitals_at_the_log_in(client):
    make_user("Amy")

    assert log_in(client, "aMY").status_code == 302


def test_machine_that_fills_in_everything_gets_no_account(client):
    assert "A field that people do not see was filled in." in text(sign_up(client, website="https://spam.example"))
    assert not User.objects.exists()


# What pages keep


def test_one_connection_makes_ten_accounts_an_hour_and_then_waits(client):
    token = str(FormToken.new())
    for number in range(10):
        assert sign_up(Client(), f"rider{number}", form_token=token).status_code == 302

    response = sign_up(client, "rider10", form_token=token)

    assert "A lot was sent from your connection" in text(response)
    assert "rider10" in response.content.decode()
    assert User.objects.count() == 10


@pytest.mark.parametrize("page", ["/signup", "/login", "/account/password/reset"])
def test_opening_a_form_sets_only_the_token(client, page):
    response = client.get(page)

    assert sorted(response.cookies) == ["csrftoken"]
    assert "no-store" in response["Cache-Control"]
    assert not Session.objects.exists()


def test_no_address_gets_into_the_cache(client):
    visitor = Client(REMOTE_ADDR="203.0.113.77")
    for _ in range(3):
        sign_up(visitor, "x", email="bad")
        log_in(visitor, password="wrong")
        visitor.post("/account/password/reset", {"email": "amy@example.org"})
        visitor.post("/account/password/reset/1/set-password", {})

    assert cache._cache
    assert "203.0.113.77" not in repr(cache._cache)


# Logging in


def test_guessing_at_one_account_is_slowed_down_before_the_password_is_checked(client, monkeypatch):
    make_user("amy")
    checked = []
    monkeypatch.setattr(User, "check_password", lambda self, typed: checked.append(typed) or False)

    with time_machine.travel(timezone.now().replace(minute=0, second=1), tick=False):
        answers = [text(log_in(client, password=f"wrong {number}")) for number in range(12)]

    assert len(checked) == 4
    assert "do not go together" in answers[3]
    assert "Nothing is lost" in answers[4]


def test_one_connection_tries_thirty_times_at_many_accounts(client, monkeypatch):
    checked = []
    monkeypatch.setattr(User, "set_password", lambda self, typed: checked.append(typed))

    with time_machine.travel(timezone.now().replace(minute=0, second=1), tick=False):
        for number in range(40):
            log_in(client, f"user{number}", "wrong")

    assert len(checked) == 30


def test_owner_gets_in_while_many_others_try():
    make_user("amy")
    with time_machine.travel(timezone.now().replace(minute=0, second=1), tick=False):
        for number in range(60):
            log_in(Client(REMOTE_ADDR=f"198.51.100.{number}"), password="wrong")

        assert log_in(Client(REMOTE_ADDR="203.0.113.1")).status_code == 302


def test_log_in_answers_the_same_for_a_name_that_exists_and_one_that_does_not(client, monkeypatch):
    make_user("amy")
    make_user("closed", is_active=False)
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *given: hashed.append(1) or encode(*given))

    tries = [("amy", "wrong"), ("nobody", "wrong"), ("closed", PASSWORD)]
    answers = []
    for name, password in tries:
        hashed.clear()
        response = log_in(Client(), name, password)
        body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode().replace(name, "NAME"))
        answers.append((response.status_code, body, len(hashed)))

    assert answers[0] == answers[1] == answers[2]
    assert answers[0][2] == 1


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
@pytest.mark.parametrize("page", ["/signup", "/login"])
def test_no_page_leads_to_another_site(client, page, target):
    make_user("amy")
    token = str(FormToken.new())

    data = {"username": "amy" if page == "/login" else "bea", "password": PASSWORD, "password1": NEW}
    response = client.post(page, data | {"form_token": token, "next": target})

    assert response.url == "/account"


# Passwords


def test_password_is_changed_and_other_sessions_end(client):
    user = make_user("amy")
    elsewhere = Client()
    log_in(elsewhere)
    log_in(client)
    key = client.session.session_key

    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post("/account/password", typed).url == "/account"

    user.refresh_from_db()
    assert user.check_password(NEW)
    assert client.get("/account").status_code == 200
    assert client.session.session_key != key
    assert elsewhere.get("/account").status_code == 302


def test_forgotten_password_is_replaced_by_a_link_that_works_once(client, sent):
    user = make_user("amy", email="amy@example.org")
    elsewhere = Client()
    log_in(elsewhere)

    (message,) = sent(lambda: client.post("/account/password/reset", {"email": "amy@example.org"}))
    assert "amy" in message.body
    form = client.get(link_in(message), follow=True).redirect_chain[-1][0]
    assert client.post(form, {"password1": NEW, "password2": NEW}).url == "/account/password/reset/done"

    user.refresh_from_db()
    assert user.check_password(NEW)
    assert elsewhere.get("/account").status_code == 302
    assert "used already" in text(Client().get(link_in(message)))


def test_reset_answers_the_same_for_an_address_that_exists_and_one_that_does_not(sent):
    make_user("amy", email="amy@example.org")
    answers, mails = [], []
    for address in ("amy@example.org", "nobody@example.org"):
        client = Client()
        mails.append([
            message.to
            for message in sent(
                lambda client=client, address=address: answers.append(
                    client.post("/account/password/reset", {"email": address}, follow=True)
                )
            )
        ])  # fmt: skip

    assert mails == [[["amy@example.org"]], [["nobody@example.org"]]]
    assert answers[0].content == answers[1].content
    assert answers[0].redirect_chain == answers[1].redirect_chain


def test_sign_up_with_the_address_of_another_account_tells_nothing(sent):
    EmailAddress.objects.create(user=make_user("old", email="a@example.org"), email="a@example.org", verified=True)
    answers = []
    for name, address in (("bea", "a@example.org"), ("cat", "new@example.org")):
        client = Client()
        (message,) = sent(
            lambda client=client, name=name, address=address: answers.append(sign_up(client, name, email=address))
        )
        answers.append((message.subject, message.to == [address]))

    assert (answers[0].status_code, answers[0].url, answers[1]) == (answers[2].status_code, answers[2].url, answers[3])


def test_mail_is_text_without_address_or_browser(sent):
    make_user("amy", email="amy@example.org")
    client = Client(REMOTE_ADDR="203.0.113.77", headers={"user-agent": "CanaryBrowser"})
    log_in(client)

    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    (message,) = sent(lambda: client.post("/account/password", typed))

    assert message.subject == "[The Noticeboard] Your password was changed"
    assert message.content_subtype == "plain"
    assert not getattr(message, "alternatives", [])
    assert [canary for canary in ("203.0.113.77", "CanaryBrowser", "{{") if canary in message.body] == []


# The address


def test_address_is_changed_once_the_new_one_is_confirmed(client, sent):
    user = make_user("amy")
    EmailAddress.objects.create(user=user, email="old@example.org", verified=True, primary=True)
    User.objects.update(email="old@example.org")
    log_in(client)

    messages = sent(lambda: client.post("/account/email", {"email": "new@example.org", "action_add": ""}))
    user.refresh_from_db()
    assert user.email == "old@example.org"
    client.post(link_in(messages[0]))

    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert [address.email for address in EmailAddress.objects.all()] == ["new@example.org"]


def test_changing_the_address_asks_for_the_password_when_the_log_in_is_long_ago(client):
    make_user("amy")
    with time_machine.travel(timezone.now() - timezone.timedelta(minutes=30)):
        log_in(client)

    response = client.post("/account/email", {"email": "new@example.org", "action_add": ""})

    assert response.url == "/account/reauthenticate?next=/account/email"
    assert not EmailAddress.objects.exists()
    assert "REMOTE_ADDR" not in repr(client.session.items())
    assert client.post(response.url, {"password": PASSWORD, "next": "/account/email"}).url == "/account/email"


# The second step


def set_up(client, user) -> None:
    """Sets up the second step the way a browser does."""
    secret = re.search(r"<code class=\"key\">(\w+)", client.get("/account/two-factor/app").content.decode()).group(1)
    code = format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))
    assert client.post("/account/two-factor/app", {"code": code}).url == "/account/two-factor/codes"


def test_second_step_is_set_up_and_asked_for_and_recovered_from(client):
    user = make_user("amy")
    log_in(client)
    set_up(client, user)
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    assert codes[0] in text(client.get("/account/two-factor/codes"))
    assert codes[0] in client.get("/account/two-factor/codes.txt").content.decode()

    phone = Client()
    assert log_in(phone, next="/account/email").url.startswith("/account/two-factor/code")
    assert phone.get("/account").status_code == 302
    assert "Incorrect code" in text(phone.post("/account/two-factor/code", {"code": "000000"}))
    assert phone.post("/account/two-factor/code", {"code": code_of(user)}).url == "/account/email"
    assert phone.get("/account").status_code == 200

    lost = Client()
    log_in(lost)
    assert lost.post("/account/two-factor/code", {"code": codes[0]}).url == "/account"
    again = Client()
    log_in(again)
    assert again.post("/account/two-factor/code", {"code": codes[0]}).status_code == 200


def test_second_step_can_be_switched_off(client):
    user = make_user("amy")
    log_in(client)
    set_up(client, user)

    client.post("/account/two-factor/app/remove")

    assert not Authenticator.objects.exists()


def test_codes_cannot_be_guessed_for_long(client):
    user = make_user("amy")
    TOTP.activate(user, "A" * 32)
    log_in(client)

    answers = [text(client.post("/account/two-factor/code", {"code": "000000"})) for _ in range(12)]

    assert "Too many tries" in answers[-1]
    assert "Too many tries" not in answers[8]


MODERATING = ["/admin/", "/admin/queue/", "/admin/events/event/", "/events/{}/moderate"]


@pytest.mark.parametrize("address", MODERATING)
@pytest.mark.parametrize("make", [make_moderator, make_superuser])
def test_moderator_is_led_to_the_second_step(client, settings, make, address):
    settings.REQUIRE_TWO_FACTOR = True
    address = address.format(make_event().pk)
    user = make("mod")
    assert log_in(client, "mod", next=address).url == address

    assert client.get(address, follow=True).redirect_chain[-1][0] == "/account/two-factor/app"
    set_up(client, user)

    assert client.get(address).status_code == 200


def test_moderator_without_the_second_step_does_nothing_to_the_posts_of_others(client, settings):
    settings.REQUIRE_TWO_FACTOR = True
    event, hidden = make_event(), make_event(status="hidden")
    make_moderator("mod")
    log_in(client, "mod")
    deed = {"action": "hide", "index": 0, "_selected_action": [event.pk], "with_reason": 1, "public_reason": "spam"}

    client.post("/admin/events/event/", deed)

    event.refresh_from_db()
    assert event.is_public
    assert client.get(f"/events/{event.pk}/edit").status_code == 404
    assert client.get(hidden.get_absolute_url()).status_code in (404, 410)
    assert "Set up the second step" in text(client.get("/account"))


def test_account_without_duties_needs_no_second_step(client, settings):
    settings.REQUIRE_TWO_FACTOR = True
    make_user("amy")
    log_in(client)

    assert client.get("/account").status_code == 200
    assert client.get("/admin/", follow=True).status_code == 403


def test_log_in_of_the_admin_is_the_one_of_the_site(client):
    assert client.get("/admin/login/").url == "/login?next=/admin/"
    assert client.post("/admin/login/", {"username": "mod", "password": PASSWORD}).url == "/login?next=/admin/"


def test_password_is_changed_on_the_page_of_the_site_alone(client):
    client.force_login(make_moderator())

    assert client.get("/admin/password_change/").url == "/account/password"


# Moderators' sessions


@pytest.mark.parametrize(("idle_hours", "status"), [(7, 200), (9, 302)])
def test_session_of_a_moderator_ends_after_eight_idle_hours(client, idle_hours, status):
    make_moderator("mod")
    log_in(client, "mod", stay="on")
    start = timezone.now()

    with time_machine.travel(start + timezone.timedelta(hours=7)):
        assert client.get("/account").status_code == 200
    with time_machine.travel(start + timezone.timedelta(hours=7 + idle_hours)):
        assert client.get("/account").status_code == status


def test_session_of_others_stays_when_asked(client):
    make_user("amy")
    log_in(client, stay="on")

    with time_machine.travel(timezone.now() + timezone.timedelta(days=10)):
        assert client.get("/account").status_code == 200


# Leaving


def leave(client, **typed):
    return client.post("/account/delete", {"password": PASSWORD, **typed})


def test_deleted_account_leaves_its_posts_without_a_name(client):
    user = make_user("amy", email="amy@example.org")
    EmailAddress.objects.create(user=user, email="amy@example.org")
    group = make_collective(members=(user,))
    event = make_event(user=user, collective=group, admin_note="<p>Created by: amy.</p>")
    log_in(client)

    response = leave(client)

    assert "Your account is deleted" in text(response)
    assert response["Clear-Site-Data"] == '"cookies", "storage"'
    event.refresh_from_db()
    assert (event.user, event.admin_note) == (None, "<p>Created by: AnonymousUser.</p>")
    assert [model for model in (User, EmailAddress, Membership) if model.objects.exists()] == []
    assert client.get("/account").status_code == 302


def test_deleted_account_takes_its_posts_along_when_asked(client):
    user = make_user("amy")
    make_event(user=user)
    kept = make_event()
    log_in(client)

    leave(client, with_posts="on")

    assert list(Event.objects.all()) == [kept]


def test_wrong_password_deletes_nothing(client):
    make_user("amy")
    log_in(client)

    assert "Incorrect password" in text(leave(client, password="wrong"))
    assert User.objects.exists()


def test_last_administrator_of_a_group_is_told(client):
    user = make_user("amy")
    gone = make_user(is_active=False)
    for name, administrators in (("Alone", [user, gone]), ("Shared", [user, make_user()])):
        group = make_collective(name)
        for each in administrators:
            Membership.objects.create(user=each, collective=group, role=Membership.Role.ADMINISTRATOR)
    log_in(client)

    said = text(client.get("/account/delete"))

    assert ("Alone" in said, "Shared" in said) == (True, False)
    leave(client)
    assert not User.objects.filter(username="amy").exists()


def test_admin_log_and_moderation_log_forget_a_deleted_account():
    moderator = make_moderator("loginname", signature="m.")
    event = make_event()
    event.hide(by=moderator, reason="spam")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=make_superuser(), content_type=kind, object_id=moderator.pk, object_repr="loginname", action_flag=CHANGE
    )

    moderator.erase(with_posts=False)

    action = event.moderation_log.get()
    assert (action.user, action.signature) == (None, "m.")
    assert LogEntry.objects.get().object_repr == ""


def test_account_page_leads_to_the_settings(client):
    client.force_login(make_user())
    page = client.get("/account").content.decode()

    names = ["account_email", "account_change_password", "mfa_index", "account_delete"]
    assert [name for name in names if f'href="{reverse(name)}"' not in page] == []


@pytest.mark.parametrize("number", [1, 4])
def test_pages_of_accounts_cost_the_same_with_many_rows(client, django_assert_max_num_queries, number):
    user = make_user("amy")
    for _ in range(number):
        make_event(user=user, collective=make_collective(members=(user,)))
    TOTP.activate(user, "A" * 32)
    RecoveryCodes.activate(user)
    client.force_login(user)
    costs = {"/account/email": 9, "/account/password": 2, "/account/two-factor": 4, "/account/delete": 3}
    for page, queries in costs.items():
        with django_assert_max_num_queries(queries):
            assert client.get(page).status_code == 200
