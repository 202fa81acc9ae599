"""The one settings file, and the only reader of the environment.

Variables come from the environment, then from `.env` beside manage.py. Each is described in README.md. Without
DEBUG, a missing SECRET_KEY or ALLOWED_HOSTS stops the start; so does any value that makes no sense, with its name.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import available_timezones

import csp.constants as csp
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv, validate

from events_site import headers, sanitizing

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = FileAwareEnv(strip_whitespace=True)  # a file ends with a line break, a secret does not
env.read_env(str(BASE_DIR / ".env"), recurse=False)


def _required(name: str, value: str, what_to_do: str) -> str:
    if not value and not DEBUG:
        raise ImproperlyConfigured(f"{name} is not set. {what_to_do} (Or set DEBUG=true on your own machine.)")
    return value or "insecure-development-only"


def _check(passed: object, variable: str, what_to_do: str) -> None:
    if not passed:
        raise ImproperlyConfigured(f'Environment variable "{variable}" invalid: {what_to_do}')


def _names(variable: str) -> list[str]:
    """The names in a comma-separated variable, without blanks and empty items."""
    names: list[str] = env.list(variable, default=[])
    return [name.strip() for name in names if name.strip()]


# The site

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = _required(
    "SECRET_KEY", env.str("SECRET_KEY", default="").strip(), "Put 50 random characters there and keep them secret."
)
ALLOWED_HOSTS = _names("ALLOWED_HOSTS")
if not DEBUG:
    _required("ALLOWED_HOSTS", ",".join(ALLOWED_HOSTS), "Name the site's host names, separated by commas.")
CSRF_TRUSTED_ORIGINS = _names("CSRF_TRUSTED_ORIGINS")
SITE_NAME = env.str("SITE_NAME", default="The Noticeboard")
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}").rstrip("/")
_check(
    SITE_URL.startswith(("http://", "https://")) and urlsplit(SITE_URL).hostname,
    "SITE_URL",
    "write the whole address, such as https://events.example.org",
)
MODERATION_POLICY = env.str("MODERATION_POLICY", default="open", validate=validate.OneOf(["open", "review"]))
PUBLIC_MODERATION_LOG = env.bool("PUBLIC_MODERATION_LOG", default=True)
COMMENTS = env.bool("COMMENTS", default=True)
COMMENTS_DEFAULT = env.bool("COMMENTS_DEFAULT", default=True)

# Where weaknesses of the site are reported to (RFC 9116). No address of its own: nobody may read the mail that
# DEFAULT_FROM_EMAIL names.
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="").strip()
_check(
    not SECURITY_CONTACT or re.fullmatch(r"mailto:[^\s@]+@[^\s@]+|https://\S+", SECURITY_CONTACT),
    "SECURITY_CONTACT",
    "write mailto:security@example.org or the https:// address of a page, or leave it out",
)

REPORT_MAIL = env.str("REPORT_MAIL", default="off", validate=validate.OneOf(["off", "each", "digest"]))
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
_check(TIME_ZONE in available_timezones(), "TIME_ZONE", "write a name such as Europe/London")
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en-gb")
_check(
    {LANGUAGE_CODE.lower(), LANGUAGE_CODE.lower().partition("-")[0]} & LANG_INFO.keys(),
    "LANGUAGE_CODE",
    "write the code of a language, such as en-gb or de",
)
USE_TZ = True
# The languages whose endings PostgreSQL knows. SQLite knows those of English.
_search_languages = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
SEARCH_LANGUAGE = env.str("SEARCH_LANGUAGE", default="") or _search_languages.get(
    LANGUAGE_CODE.lower().partition("-")[0], "simple"
)
_check(
    SEARCH_LANGUAGE in {"simple", *_search_languages.values()},
    "SEARCH_LANGUAGE",
    "write the English name of a language that PostgreSQL searches in, such as english, or simple",
)

INSTALLED_APPS = [
    # Before `collectives`, whose admin takes out what these register.
    "allauth.account",
    "allauth.mfa",
    "events",
    "collectives",
    "moderation",
    "events_site",
    "moderation.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
]

MIDDLEWARE = [
    "events_site.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "events_site.requests.without_nul",
    "events_site.requests.within_limit",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "events_site.headers.GZipMiddleware",
    "events_site.headers.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "collectives.accounts.AccountsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "events_site.urls"
WSGI_APPLICATION = "events_site.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "events_site.context.site",
                # The admin asks for these two; both are lazy, and no public template touches them.
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Storage

DATABASES = {"default": env.dj_db_url("DATABASE_URL", default="sqlite:///var/db.sqlite3")}
_database = DATABASES["default"]
_engine = _database["ENGINE"].removeprefix("django.db.backends.")
_check(
    _engine in ("sqlite3", "postgresql"), "DATABASE_URL", "write postgresql://user:password@host/name or sqlite:///file"
)
if _engine == "sqlite3":
    # With Django's defaults most writes of several people at once fail with "database is locked"; deleted text
    # would stay readable in the file.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;",
    }
    if _database["NAME"] != ":memory:":
        # The same file from whatever folder a command is started.
        _database["NAME"] = BASE_DIR / _database["NAME"]
        _database["NAME"].parent.mkdir(exist_ok=True)
else:
    _database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    _database.setdefault("OPTIONS", {})
    # Reading here and there costs little where the tables are in memory or on flash, which the planner does not take
    # for granted; compiling a query, and starting processes for it, costs more than the queries of pages do.
    _planner = "-c random_page_cost=1.1 -c jit=off -c max_parallel_workers_per_gather=0"
    _database["OPTIONS"] |= {
        "connect_timeout": 5,
        "options": f"-c statement_timeout=15000 -c lock_timeout=5000 {_planner}",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Several processes share Redis. One that is slow or gone must not hold up a page.
_cache_url = env.str("CACHE_URL", default="")
_check(
    not _cache_url or urlsplit(_cache_url).scheme in ("redis", "rediss", "unix"),
    "CACHE_URL",
    "write redis://host:6379/0, or leave it out for a cache within the process",
)
CACHES: dict[str, dict[str, Any]] = {
    # Above the default of 300, so that the counters of a busy hour are not thrown out.
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}}
}
if _cache_url:
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache_url,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }

MEDIA_ROOT = BASE_DIR / (env.str("MEDIA_ROOT", default="") or "var/media")
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750
# Where the web server has MEDIA_ROOT as an internal location, to send the files itself; empty without such a server.
MEDIA_ACCEL = env.str("MEDIA_ACCEL_PREFIX", default="").rstrip("/")
_check(
    not MEDIA_ACCEL or MEDIA_ACCEL.startswith("/"),
    "MEDIA_ACCEL_PREFIX",
    "write the path of the internal location, such as /protected-media",
)
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = headers.of_static_file

# Accounts and sessions

AUTH_USER_MODEL = "collectives.User"
REQUIRE_TWO_FACTOR = env.bool("REQUIRE_TWO_FACTOR", default=not DEBUG)  # of moderators
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "collectives:account"
LOGOUT_REDIRECT_URL = "events:home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "collectives.accounts.AccountAdapter"
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/15m/key"}  # codes of the second factor; passwords: LIMITS below
ACCOUNT_FORMS = {
    "login": "collectives.account_forms.LoginForm",
    "signup": "collectives.account_forms.SignupForm",
    "reset_password": "collectives.account_forms.ResetPasswordForm",
    "reset_password_from_key": "collectives.account_forms.ResetPasswordKeyForm",
    "change_password": "collectives.account_forms.ChangePasswordForm",
    "add_email": "collectives.account_forms.ChangeEmailForm",
    "reauthenticate": "collectives.account_forms.ReauthenticateForm",
}
MFA_ADAPTER = "collectives.accounts.MFAAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an account needs no address
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "collectives.account_forms.CodeForm",
    "reauthenticate": "collectives.account_forms.ReauthenticateCodeForm",
    "activate_totp": "collectives.account_forms.ActivateForm",
}
SESSION_ENGINE = "events_site.sessions"
MODERATOR_IDLE_SECONDS = 8 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # ends with the browser, like the session
CSRF_FAILURE_VIEW = "events_site.views.csrf_failure"

# Mail. Read here, because the parser of environs sends smtp+tls:// in the clear and skips what it does not know.

_mail_url = env.str("EMAIL_URL", default="") or "console:"
_check(
    re.fullmatch(
        r"console:(//)?"
        r"|smtp:(//([^/?#@\s]+@)?[^/?#@:\s]+(:\d+)?/?(\?(tls|ssl)=True)?)?"
        r"|submission://([^/?#@\s]+@)?[^/?#@:\s]+(:\d+)?/?",
        _mail_url,
    ),
    "EMAIL_URL",
    "write submission://user:password@host, smtp://host, smtp://host?tls=True, smtp://host?ssl=True or console:",
)
_mail = urlsplit(_mail_url)
EMAIL_BACKEND = f"django.core.mail.backends.{'console' if _mail.scheme == 'console' else 'smtp'}.EmailBackend"
EMAIL_USE_SSL = _mail.query == "ssl=True"
EMAIL_USE_TLS = _mail.query == "tls=True" or _mail.scheme == "submission"
EMAIL_HOST = _mail.hostname or "localhost"
EMAIL_PORT = _mail.port or (465 if EMAIL_USE_SSL else 587 if _mail.scheme == "submission" else 25)
EMAIL_HOST_USER = unquote(_mail.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="") or f"noreply@{urlsplit(SITE_URL).hostname}"

# Transport. An onion service is plain http behind Tor, so the scheme of SITE_URL decides, not DEBUG.

HTTPS = SITE_URL.startswith("https://")
if HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

# Headers. `no-referrer` would make browsers send `Origin: null`, and Django refuse every form.

SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "script-src": [csp.SELF],
        "style-src": [csp.SELF],
        "img-src": [csp.SELF],
        "media-src": [csp.SELF],
        "font-src": [csp.SELF],
        "connect-src": [csp.SELF],
        "manifest-src": [csp.SELF],
        "form-action": [csp.SELF],
        "base-uri": [csp.NONE],
        "frame-ancestors": [csp.NONE],
    }
}

# Limits. The request limit is above what the longest accepted texts need, so that a text that is too long comes
# back beside its field instead of being cut off with the request.

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # the admin's list of choices; the public forms have thirty fields
DATA_UPLOAD_MAX_NUMBER_FILES = 50  # the form says that it takes ten
REQUEST_MAX_SIZE = 60 * 1024 * 1024  # with its files
SUMMARY_MAX_LENGTH = 5_000
BODY_MAX_LENGTH = 100_000
# How far ahead the dates of a series are made, and how many in one go.
SERIES_HORIZON_DAYS = 180
SERIES_MAX_DATES = 50
COMMENT_MAX_LENGTH = 10_000
# Of a calendar file that is imported: bytes, and how many entries it has and dates it gives. Its text travels with
# the form between the preview and the import.
IMPORT_MAX_SIZE = 2 * 1024 * 1024
IMPORT_MAX_EVENTS = 500
FORM_MIN_SECONDS = 3
FORM_MAX_SECONDS = 24 * 60 * 60
CLOCK_TOLERANCE = 5 * 60
# How many of what one client may send within how many seconds. An attempt is any form sent, right or wrong.
LIMITS = {
    "attempt": [(60, 10 * 60)],
    "post": [(5, 10 * 60), (30, 24 * 60 * 60)],
    "edit": [(30, 10 * 60), (200, 24 * 60 * 60)],
    "import": [(5, 10 * 60), (30, 24 * 60 * 60)],
    "calendar": [(20, 10 * 60)],  # those that are read, to look at or to import
    "upload": [(40, 10 * 60), (200, 24 * 60 * 60)],
    "comment": [(10, 10 * 60)],
    "group": [(10, 60 * 60)],
    "report": [(10, 60 * 60)],
    "search": [(60, 60)],
    "link_mail": [(5, 60 * 60)],
    "signup": [(10, 60 * 60)],
    "login": [(30, 15 * 60)],
    "login_to_account": [(10, 15 * 60)],
    "login_to_account_from": [(4, 20), (7, 3 * 60), (10, 15 * 60)],
    "login_under_attack": [(3, 15 * 60)],
}
POST_MAX_LINKS = 5
# Above so many anonymous posts an hour, the following wait for a moderator.
FLOOD_POSTS_PER_HOUR = 60
# How many proxies of ours a request passes, each of which adds to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0, validate=validate.Range(min=0))
# From where the onion service's requests come, and a file with the addresses of Tor's exits.
TOR_ADDRESSES = frozenset(_names("TOR_ADDRESSES"))
TOR_EXIT_LIST = env.str("TOR_EXIT_LIST", default="")
EDIT_LINK_DAYS = 30  # how long a secret edit link works after the last date of its event

# Logs go to standard error. No handler mails errors: a report would carry headers and form fields.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "events_site.logs.WithoutTokens"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Why a form was refused may quote the Referer.
        "django.security.csrf": {"level": "CRITICAL"},
    },
}

# What people type is cleaned by django-bleach, under the one policy of the site.

BLEACH_ALLOWED_TAGS = sorted(sanitizing.ALLOWED_TAGS)
BLEACH_ALLOWED_ATTRIBUTES = {tag: sorted(names) for tag, names in sanitizing.ALLOWED_ATTRIBUTES.items()}
BLEACH_ALLOWED_PROTOCOLS = sorted(sanitizing.ALLOWED_SCHEMES)
BLEACH_STRIP_TAGS = True
BLEACH_STRIP_COMMENTS = True
