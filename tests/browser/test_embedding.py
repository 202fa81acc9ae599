"""A page of another site that shows ours in a frame, in a real Chromium."""

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.factories import make_event

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEADERS = {"Content-Type": "text/html", "Cross-Origin-Embedder-Policy": "require-corp"}


@pytest.fixture
def other_site(browser) -> Iterator[dict[str, str]]:
    """Another origin on this machine, as strict as a page that embeds can be: its pages by path, to be filled."""
    pages: dict[str, str] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in HEADERS.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(pages.get(self.path, "").encode())

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pages["origin"] = f"http://localhost:{server.server_port}"
    yield pages
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(browser, live_server, other_site):
    """Opens a page of the other site with this address of ours in a frame; gives the frame."""
    contexts = []

    def visit(address: str, attributes: str = "", **options):
        other_site["/page"] = f'<!doctype html><iframe src="{live_server.url}{address}" {attributes}></iframe>'
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.goto(other_site["origin"] + "/page")
        return page.frames[1]

    yield visit
    for context in contexts:
        context.close()


COLOUR = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(252, 252, 250)", "rgb(19, 19, 20)"


@pytest.mark.parametrize("attributes", ["", "sandbox"])
def test_other_site_shows_an_event_in_a_frame_without_cookies(visit, attributes):
    event = make_event("Open picnic")

    frame = visit(f"/events/{event.pk}/embed", attributes)

    assert frame.locator("h1").inner_text() == "Open picnic"
    assert frame.page.context.cookies() == []


@pytest.mark.parametrize(
    ("scheme", "query", "colour"),
    [("light", "", LIGHT), ("dark", "", DARK), ("dark", "?theme=light", LIGHT), ("light", "?theme=dark", DARK)],
)
def test_frame_is_light_or_dark_as_the_reader_likes_or_the_other_site_says(visit, scheme, query, colour):
    event = make_event("Open picnic")

    frame = visit(f"/events/{event.pk}/embed{query}", color_scheme=scheme)

    assert frame.evaluate(COLOUR) == colour


def test_link_in_the_frame_opens_the_page_beside_the_other_site(visit, live_server):
    event = make_event("Open picnic")
    frame = visit(f"/events/{event.pk}/embed", 'sandbox="allow-popups allow-popups-to-escape-sandbox"')

    with frame.page.expect_popup() as opened:
        frame.locator("h1 a").click()

    # The link has the public address of the site.
    assert urlsplit(opened.value.url).path in (f"/events/{event.pk}", "/", "")
    assert frame.page.url.endswith("/page")


@pytest.mark.parametrize("address", ["/events/{}", "/", "/events/new"])
def test_other_page_is_refused_in_a_frame(visit, address):
    event = make_event("Open picnic")

    frame = visit(address.format(event.pk))

    assert frame.url == "chrome-error://chromewebdata/"
