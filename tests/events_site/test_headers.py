"""The headers of every kind of answer: whom a page may talk to, who may keep it, and what it gives away."""

import platform
import re

import django
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import path

from events_site import urls
from events_site.headers import PERMISSIONS_POLICY
from tests.factories import PASSWORD, make_collective, make_event, make_moderator, make_user
from tests.routes import PUBLIC, Kind, World, of_kind
from tests.walk import answers_of_kind, answers_to

pytestmark = pytest.mark.django_db

POLICY_OF_PAGES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "media-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
POLICY_OF_DATA = {"default-src": "'none'", "frame-ancestors": "'none'", "sandbox": ""}
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": PERMISSIONS_POLICY,
}
PAGE = EVERYWHERE | {"Content-Security-Policy": POLICY_OF_PAGES, "Cross-Origin-Resource-Policy": "same-origin"}
DATA = EVERYWHERE | {
    "Content-Security-Policy": POLICY_OF_DATA,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}
POLICY_OF_FRAMES = {
    "default-src": "'none'",
    "style-src": "'self'",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "*",
}
EMBED = {name: value for name, value in EVERYWHERE.items() if name != "X-Frame-Options"} | {
    "Content-Security-Policy": POLICY_OF_FRAMES,
    "Cross-Origin-Resource-Policy": "cross-origin",
}
GUARDED = sorted(PAGE | DATA)


def crash(request):
    raise RuntimeError("deliberate")


class CrashingUrls:
    """The site with one page that is broken."""

    urlpatterns = [path("crash", crash), *urls.urlpatterns]
    handler400 = urls.handler400


def policy(header: str) -> dict[str, str]:
    return {name: sources for name, _, sources in (part.strip().partition(" ") for part in header.split(";"))}


def headers(response) -> dict:
    """The headers of isolation and privacy that this answer carries."""
    found = {name: response[name] for name in GUARDED if name in response}
    if "Content-Security-Policy" in found:
        found["Content-Security-Policy"] = policy(found["Content-Security-Policy"])
    return found


def ask(address: str, *, method: str = "get", user=None, host: str = "testserver", **options):
    client = Client(raise_request_exception=False, headers={"host": host}, **options)
    if user:
        client.force_login(user)
    return getattr(client, method)(address)


def answers() -> dict:
    """One answer of every kind that is a page or a redirect, by status or name."""
    event, hidden = make_event(), make_event()
    moderator = make_moderator()
    hidden.hide(by=moderator, reason="Advertising")
    return {
        200: ask(f"/events/{event.pk}"),
        302: ask("/account"),
        301: ask("/events/"),
        400: ask("/events", host="evil.example"),
        403: ask("/admin/login/", user=make_user()),
        "403 without a token": ask("/login", method="post", enforce_csrf_checks=True),
        404: ask("/nothing"),
        405: ask("/events", method="post"),
        410: ask(f"/events/{hidden.pk}"),
        500: ask("/crash"),
        "healthz": ask("/healthz"),
        "login": ask("/login"),
        "admin": ask("/admin/events/event/", user=moderator),
        "form": ask("/events/new"),
    }


def test_every_kind_of_page_is_isolated_from_other_sites(settings):
    settings.ROOT_URLCONF = CrashingUrls

    for kind, response in answers().items():
        assert headers(response) == PAGE, kind


def test_answers_are_what_their_names_say(settings):
    settings.ROOT_URLCONF = CrashingUrls

    found = {kind: response.status_code for kind, response in answers().items()}

    assert found == {kind: kind for kind in found if isinstance(kind, int)} | {
        "403 without a token": 403,
        "healthz": 200,
        "login": 200,
        "admin": 200,
        "form": 200,
    }


def test_static_file_carries_the_headers_of_a_page(settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True

    response = ask("/static/css/site.css")

    assert response.status_code == 200
    assert headers(response) == PAGE
    response.close()


def test_redirect_to_https_carries_the_headers_and_remembers_https(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31536000

    plain, secure = ask("/events"), Client().get("/events", secure=True)

    assert plain["Location"] == "https://testserver/events"
    assert headers(plain) == PAGE
    assert secure["Strict-Transport-Security"] == "max-age=31536000"


def test_every_format_may_be_read_by_other_sites_and_is_inert_when_opened():
    for answer in answers_of_kind("anonymous", Kind.DATA):
        assert answer.status_code == 200, answer.address
        assert headers(answer.headers) == DATA, answer.address


@pytest.mark.parametrize("role", ["anonymous", "superuser"])
def test_page_for_frames_is_the_only_one_that_other_sites_may_frame_and_has_only_a_style_sheet(role):
    for answer in answers_to(role):
        if answer.route.kind == Kind.EMBED:
            assert answer.status_code == 200, answer.address
            assert headers(answer.headers) == EMBED, answer.address
        else:
            found = policy(answer.headers["Content-Security-Policy"])["frame-ancestors"]
            assert (found, answer.headers["X-Frame-Options"]) == ("'none'", "DENY"), answer.address


def test_answer_that_was_stored_already_may_be_shown_where_it_could_before():
    world = World()

    for route in of_kind(Kind.DATA, Kind.EMBED):
        for address in route.addresses(world):
            stored = Client().get(address)
            unchanged = Client().get(address, headers={"if-none-match": stored["ETag"]})
            assert unchanged.status_code == 304, address
            assert headers(unchanged) == headers(stored), address
            assert unchanged["X-Robots-Tag"] == "noindex", address


def test_style_sheet_of_frames_alone_loads_where_a_frame_has_no_origin(settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True

    response = ask("/static/css/embed.css")

    assert headers(response) == PAGE | {"Cross-Origin-Resource-Policy": "cross-origin"}
    response.close()


@pytest.mark.parametrize("suffix", ["xml", "ics"])
def test_format_that_is_gone_or_not_modified_keeps_its_headers(client, suffix):
    event = make_event()
    address = f"/events/{event.pk}.{suffix}"
    unchanged = client.get(address, headers={"if-none-match": client.get(address)["ETag"]})
    event.hide(by=make_moderator(), reason="Advertising")
    gone = client.get(address)

    assert [unchanged.status_code, gone.status_code] == [304, 410]
    assert headers(gone) == DATA
    # RFC 9110 section 15.4.5: a 304 updates the headers of the stored answer, it does not have to repeat them.
    assert headers(unchanged).items() >= EVERYWHERE.items()


def test_records_as_data_are_not_for_search_engines():
    answers = answers_of_kind("anonymous", Kind.DATA)

    assert {answer.address: answer.headers.get("X-Robots-Tag") for answer in answers} == {
        answer.address: "noindex" for answer in answers
    }


def test_reader_gets_no_cookie_anywhere(client):
    for answer in answers_of_kind("anonymous", *PUBLIC, Kind.MEDIA, Kind.RECEIPT, Kind.PROBE):
        assert not answer.cookies, answer.address
    for address in ("/nothing", "/events/new/nothing", "/account", "/admin/", "/events/1/edit"):
        assert not client.get(address).cookies, address


def test_form_page_sets_the_token_cookie_and_no_other():
    for answer in answers_of_kind("anonymous", Kind.FORM):
        assert list(answer.cookies) == ["csrftoken"], answer.address
        cookie = answer.cookies["csrftoken"]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
        assert cookie["max-age"] == "", "ends with the browser"


def test_session_cookie_comes_with_the_login_and_ends_with_the_browser_unless_asked(client):
    make_user("amy")
    login = {"username": "amy", "password": PASSWORD}

    session = client.post("/login", login).cookies["sessionid"]
    assert (session["max-age"], session["httponly"], session["samesite"]) == ("", True, "Lax")

    session = client.post("/login", login | {"stay": "on"}).cookies["sessionid"]
    assert session["max-age"] == django_settings.SESSION_COOKIE_AGE


def test_cookies_are_bound_to_the_host_where_the_site_is_served_by_https(settings):
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    make_user("amy")
    client = Client()

    client.post("/login", {"username": "amy", "password": PASSWORD}, secure=True)
    page = client.get("/account", secure=True)

    assert sorted(client.cookies) == ["__Host-csrftoken", "__Host-sessionid"]
    assert all(cookie["secure"] and cookie["path"] == "/" for cookie in client.cookies.values())
    assert page["Cache-Control"] == "no-store, private"


def test_logout_makes_the_browser_forget(client):
    for address in ("/logout", "/admin/logout/"):
        client.force_login(make_moderator())

        response = client.post(address)

        assert response["Clear-Site-Data"] == '"cookies", "storage"', address
        assert "no-store" in response["Cache-Control"]
        assert client.get("/account").status_code == 302


def test_public_page_may_be_stored_and_is_asked_for_again():
    for answer in answers_of_kind("anonymous", *PUBLIC, Kind.MEDIA):
        assert answer.headers["Cache-Control"] == "no-cache", answer.address


def test_forms_receipts_and_probes_are_stored_nowhere():
    for answer in answers_of_kind("anonymous", Kind.FORM, Kind.RECEIPT, Kind.LINK, Kind.PROBE):
        assert "no-store" in answer.headers["Cache-Control"], answer.address


@pytest.mark.parametrize("role", ["author", "moderator"])
def test_nothing_is_stored_of_somebody_who_is_logged_in(role):
    for answer in answers_to(role):
        assert "no-store" in answer.headers["Cache-Control"], answer.address


def test_shared_page_varies_by_cookie_where_it_depends_on_the_account(client):
    event = make_event(collective=make_collective())

    for address in (f"/events/{event.pk}", f"/events/{event.pk}.xml", event.collective.get_absolute_url()):
        assert "Cookie" in client.get(address)["Vary"], address


def test_no_answer_tells_a_version_a_path_or_a_setting(settings):
    settings.ROOT_URLCONF = CrashingUrls
    secrets = [
        django.get_version(),
        platform.python_version(),
        str(django_settings.BASE_DIR),
        django_settings.SECRET_KEY,
        django_settings.DATABASES["default"]["ENGINE"],
        "Traceback",
        "deliberate",
        "urlpatterns",
    ]

    for kind, response in answers().items():
        text = repr(dict(response.headers)) + response.content.decode()
        assert [secret for secret in secrets if secret in text] == [], kind
        assert "Server" not in response, kind
        assert not re.search(r"(django|python|granian|whitenoise)[ /]?\d", text, re.IGNORECASE), kind
