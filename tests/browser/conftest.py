"""A real Chromium, driven by Playwright against a live server. A page that asks another host for anything fails."""

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

# Playwright's synchronous API runs an event loop, and Django would refuse its ORM there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
# Chromium's own traffic, which is none of the site's.
QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("there is no chromium")
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    browser = playwright.chromium.launch(executable_path=executable, args=[*QUIET, *root])
    yield browser
    browser.close()


@pytest.fixture
def new_context(browser: Browser, live_server, django_db_serialized_rollback) -> Iterator[NewContext]:
    """Makes browser contexts (a person each) with `live_server` as their base address."""
    contexts: list[BrowserContext] = []
    strangers: list[str] = []
    host = urlsplit(live_server.url).netloc

    def new_context(**options) -> BrowserContext:
        options.setdefault("viewport", DESKTOP)
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(10_000)
        context.on("request", lambda request: None if _is_ours(request.url, host) else strangers.append(request.url))
        contexts.append(context)
        return context

    yield new_context
    for context in contexts:
        context.close()
    assert strangers == []


def _is_ours(address: str, host: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("data", "blob", "about") or parts.netloc == host


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context().new_page()


@pytest.fixture
def page_without_script(new_context: NewContext) -> Page:
    """A phone with JavaScript switched off."""
    return new_context(java_script_enabled=False, viewport=PHONE).new_page()
