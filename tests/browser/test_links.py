"""Secret edit links in a real Chromium: the address is copied, and is told to no other site."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import expect

from events.models import EditLink
from moderation.models import Status
from tests.factories import make_event

pytestmark = pytest.mark.browser


@pytest.fixture
def elsewhere() -> Iterator[HTTPServer]:
    """Another site, on another port, that notes which page a reader says they came from."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/page":
                self.server.told.append(self.headers.get("Referer"))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.told = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.usefixtures("django_db_serialized_rollback")
def test_link_in_a_post_does_not_tell_the_other_site_the_edit_link(browser, live_server, elsewhere):
    other = f"http://127.0.0.1:{elsewhere.server_port}/page"
    link, token = EditLink.objects.make()
    event = make_event(edit_link=link, source=other, status=Status.PENDING)
    with browser.new_context(base_url=live_server.url) as context:
        page = context.new_page()
        for path in (f"/edit/{token}/{event.pk}", f"/events/{event.pk}"):
            page.goto(f"/edit/{token}")
            page.goto(path)
            page.get_by_role("link", name=other).click()
            page.wait_for_url(other)

    assert elsewhere.told == [None, None]


def test_address_of_the_link_is_copied_by_a_button(new_context, live_server, settings):
    settings.SITE_URL = live_server.url
    link, token = EditLink.objects.make()
    make_event(edit_link=link)
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(f"/edit/{token}/posted")

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{live_server.url}/edit/{token}"


def test_without_script_there_is_no_button_and_the_address_is_there(page_without_script):
    link, token = EditLink.objects.make()
    make_event(edit_link=link)
    page_without_script.goto(f"/edit/{token}/posted")

    expect(page_without_script.get_by_role("button", name="Copy")).to_be_hidden()
    assert token in page_without_script.get_by_label("Your secret edit link").input_value()
