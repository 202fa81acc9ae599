"""The settings file is run anew for each question, with an environment that holds nothing else."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError

ROOT = Path(__file__).resolve().parent.parent.parent
# What a developer's .env or the environment of the tests may hold is set here, so that it counts for nothing.
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "fifty random characters",
    "ALLOWED_HOSTS": "events.example.org",
    "SITE_URL": "https://events.example.org",
    "DATABASE_URL": "sqlite://:memory:",
    "MODERATION_POLICY": "open",
    "PUBLIC_MODERATION_LOG": "true",
    "TIME_ZONE": "UTC",
    "CACHE_URL": "",
    "EMAIL_URL": "",
    "DEFAULT_FROM_EMAIL": "",
    "MEDIA_ROOT": "",
    "SECURITY_CONTACT": "",
}


def settings_with(**variables: str) -> dict:
    with mock.patch.dict(os.environ, PRODUCTION | variables, clear=True):
        return runpy.run_path(str(ROOT / "events_site" / "settings.py"))


def refusal(**variables: str) -> str:
    with pytest.raises((ImproperlyConfigured, EnvError, ValueError)) as refused:
        settings_with(**variables)
    return str(refused.value)


def test_start_of_the_site_is_refused_without_a_secret():
    command = [sys.executable, "-c", "import events_site.wsgi"]
    environment = PRODUCTION | {"SECRET_KEY": "", "PATH": os.environ["PATH"]}

    started = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert started.returncode != 0
    assert (
        started.stderr.strip()
        .splitlines()[-1]
        .endswith(
            "SECRET_KEY is not set. Put 50 random characters there and keep them secret. "
            "(Or set DEBUG=true on your own machine.)"
        )
    )


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        (
            "SECRET_KEY",
            "SECRET_KEY is not set. Put 50 random characters there and keep them secret. "
            "(Or set DEBUG=true on your own machine.)",
        ),
        (
            "ALLOWED_HOSTS",
            "ALLOWED_HOSTS is not set. Name the site's host names, separated by commas. "
            "(Or set DEBUG=true on your own machine.)",
        ),
    ],
)
def test_start_without_a_secret_or_hosts_is_refused_with_what_to_do(variable, sentence):
    assert refusal(**{variable: ""}) == sentence
    assert settings_with(**{variable: "", "DEBUG": "true"})["DEBUG"] is True


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEBUG", "perhaps"),
        ("MODERATION_POLICY", "closed"),
        ("PUBLIC_MODERATION_LOG", "sometimes"),
        ("TIME_ZONE", "Europe/Atlantis"),
        ("LANGUAGE_CODE", "klingon"),
        ("SITE_URL", "events.example.org"),
        ("DATABASE_URL", "var/db.sqlite3"),
        ("DATABASE_URL", "mysql://user:hunter2@127.0.0.1/events"),
        ("CACHE_URL", "memcached://127.0.0.1"),
        ("SECURITY_CONTACT", "security@example.org"),
        ("SECURITY_CONTACT", "http://example.org/security"),
        ("SECURITY_CONTACT", "mailto:a@example.org\nContact: mailto:b@example.org"),
        *(
            ("EMAIL_URL", url)
            for url in (
                "smtp+tls://user:hunter2@mail.example.org",
                "smtps://mail.example.org",
                "smtp://mail.example.org?tls=yes",
                "smtp://user:hunter2#@mail.example.org",
                "memory:",
            )
        ),
    ],
)
def test_value_that_makes_no_sense_is_refused_with_the_name_of_its_variable(variable, value):
    sentence = refusal(**{variable: value})

    assert sentence.startswith(f'Environment variable "{variable}" invalid: ')
    assert "hunter2" not in sentence


def test_defaults():
    settings = settings_with()

    assert {name: settings[name] for name in ("MODERATION_POLICY", "PUBLIC_MODERATION_LOG", "TIME_ZONE")} == {
        "MODERATION_POLICY": "open",
        "PUBLIC_MODERATION_LOG": True,
        "TIME_ZONE": "UTC",
    }
    assert settings["CACHES"]["default"]["BACKEND"] == "django.core.cache.backends.locmem.LocMemCache"
    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend"
    assert settings["DEFAULT_FROM_EMAIL"] == "noreply@events.example.org"
    assert settings["MEDIA_ROOT"] == ROOT / "var" / "media"


def test_chosen_values(tmp_path):
    settings = settings_with(
        CACHE_URL="redis://127.0.0.1:6379/1",
        DEFAULT_FROM_EMAIL="Events <events@example.org>",
        MEDIA_ROOT=str(tmp_path),
        MODERATION_POLICY="review",
        PUBLIC_MODERATION_LOG="false",
        TIME_ZONE="Europe/London",
        ALLOWED_HOSTS=" events.example.org, ,abc.onion,",
    )

    assert settings["CACHES"]["default"] == {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:6379/1",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
    assert settings["DEFAULT_FROM_EMAIL"] == "Events <events@example.org>"
    assert settings["MEDIA_ROOT"] == tmp_path
    assert settings["MODERATION_POLICY"] == "review"
    assert settings["PUBLIC_MODERATION_LOG"] is False
    assert settings["TIME_ZONE"] == "Europe/London"
    assert settings["ALLOWED_HOSTS"] == ["events.example.org", "abc.onion"]


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "password", "tls", "ssl"),
    [
        ("smtp:", "localhost", 25, "", "", False, False),
        ("smtp://mail.example.org:2525", "mail.example.org", 2525, "", "", False, False),
        ("smtp://us%40a.org:p%23ss@mail.example.org?tls=True", "mail.example.org", 25, "us@a.org", "p#ss", True, False),
        ("smtp://mail.example.org?ssl=True", "mail.example.org", 465, "", "", False, True),
        ("submission://us:pass@mail.example.org", "mail.example.org", 587, "us", "pass", True, False),
    ],
)
def test_mail_server(url, host, port, user, password, tls, ssl):
    settings = settings_with(EMAIL_URL=url)

    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL", "TIMEOUT")
    assert [settings[f"EMAIL_{name}"] for name in names] == [host, port, user, password, tls, ssl, 10]


def test_secret_comes_from_a_file_without_its_line_break(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("a secret of many characters\n")

    assert settings_with(SECRET_KEY="", SECRET_KEY_FILE=str(secret))["SECRET_KEY"] == "a secret of many characters"
    assert "SECRET_KEY_FILE" in refusal(SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "nothing"))


def test_relative_database_file_is_the_same_from_every_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    settings = settings_with(DATABASE_URL="sqlite:///var/other.sqlite3")

    assert settings["DATABASES"]["default"]["NAME"] == ROOT / "var" / "other.sqlite3"


def test_only_an_address_with_tls_sets_secure_cookies():
    names = ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")

    onion, tls = settings_with(SITE_URL="http://abc.onion"), settings_with()

    assert [name for name in names if name in onion] == []
    assert [tls[name] for name in names] == ["__Host-sessionid", True, True, 365 * 24 * 60 * 60]


@pytest.mark.parametrize(
    ("code", "language"), [("en-gb", "english"), ("de", "german"), ("pt-BR", "portuguese"), ("ja", "simple")]
)
def test_language_of_the_search_is_that_of_the_site_where_it_is_known(code, language):
    assert settings_with(LANGUAGE_CODE=code, SEARCH_LANGUAGE="")["SEARCH_LANGUAGE"] == language
    assert settings_with(LANGUAGE_CODE=code, SEARCH_LANGUAGE="french")["SEARCH_LANGUAGE"] == "french"


def test_unknown_language_of_the_search_is_refused():
    assert refusal(SEARCH_LANGUAGE="klingon") == (
        'Environment variable "SEARCH_LANGUAGE" invalid: write the English name of a language that PostgreSQL '
        "searches in, such as english, or simple"
    )
