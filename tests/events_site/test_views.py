"""Answers to what is not a proper request, and the pages that belong to no app."""

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from events.listing import Listing
from tests.factories import make_event, make_moderator
from tests.routes import World

pytestmark = pytest.mark.django_db

LONG_ID = "9" * 30
OVER_63_BITS = str(2**63)
LARGEST = str(2**63 - 1)
LONGER_THAN_PYTHON_READS = "9" * 5000

INT_ROUTES = [
    "/events/{}",
    "/events/{}.xml",
    "/events/{}.ics",
    "/events/{}/",
    "/groups/{}",
    "/groups/{}.xml",
]
BAD_PATHS = [
    "/events/2009/13",
    "/events/2009/00",
    "/events/2009/02/30",
    "/events/2009/10/32",
    "/events/1899/12",
    "/events/2101/01",
    "/events/2009/1a",
    "/events/-1",
    "/events/1.0",
    "/events/+1",
    "/events/٢",  # a digit to Python, not to the site
    "/events/1%0a",
    "/events/1.pdf",
    "/groups/%ff",
    "/groups/a%1fb",
    "/events/posted/%ff",
    "/events/posted/abc:def:ghi",
    "/%ff",
    "/%ff/",
    "/%ed%a0%80",
    "/%0a/",
    "/%0d%0aSet-Cookie:a=b/",
    "/..%2f..%2fetc%2fpasswd",
    "/%5cevil.example/",
    "/" + "a" * 10_000,
]
LISTS = ["/events", "/events.xml", "/events/archive", "/events/featured", "/events/2026/11/27", "/groups/nettle"]
BAD_CURSORS = [
    "%ff",
    "garbage",
    "1",
    "1-",
    "-",
    "1-2-3",
    "1-%0a2",
    "9" * 18 + "-1",
    "-" + "9" * 18 + "-1",
    "1-" + "9" * 19,
    "a" * 10_000,
    "%F0%9F%92%A5",
]
FAR_CURSORS = ["-62135596800000000-1", "253402300799999999-1", "0-0", "0-" + "9" * 18]


@pytest.fixture
def visitor() -> Client:
    """Sees the error page that people see, not the exception."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("number", [LONG_ID, OVER_63_BITS, LARGEST, LONGER_THAN_PYTHON_READS, "0"])
def test_unknown_number_is_not_found_however_long(visitor, number):
    addresses = [route.format(number) for route in INT_ROUTES if not (route.endswith("/") and len(number) < 5000)]

    assert {address: visitor.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 404)


@pytest.mark.parametrize("number", [LONG_ID, OVER_63_BITS, LARGEST, LONGER_THAN_PYTHON_READS, "%00", "abc"])
def test_number_that_is_none_is_no_error_for_who_is_logged_in(number):
    world = World()
    addresses = {
        f"/events/{number}/edit": ("author", [404, 400]),
        f"/admin/events/event/{number}/change/": ("moderator", [302, 400]),
        f"/admin/events/event/?collective__id__exact={number}": ("moderator", [200, 302, 400]),
        f"/admin/events/event/?q={number}": ("moderator", [200, 400]),
        f"/admin/events/event/?moderation_status__exact={number}": ("moderator", [200, 302, 400]),
        f"/admin/events/event/?p={number}": ("moderator", [200, 302, 400]),
        f"/admin/r/{number}/{number}/": ("moderator", [404, 400]),
    }
    for address, (role, allowed) in addresses.items():
        client = world.client(role)
        client.raise_request_exception = False
        assert client.get(address).status_code in allowed, address[:80]


@pytest.mark.parametrize("number", [LONG_ID, OVER_63_BITS, "\0", "abc", ""])
def test_admin_action_on_what_is_no_id_is_a_bad_request(number):
    client = Client(raise_request_exception=False)
    client.force_login(make_moderator())

    response = client.post("/admin/events/event/", {"action": "publish", "index": 0, "_selected_action": [number]})

    assert response.status_code == 400


@pytest.mark.parametrize("path", BAD_PATHS, ids=lambda path: path[:30])
def test_address_of_nothing_is_not_found(visitor, path):
    response = visitor.get(path)

    assert response.status_code == 404
    assert "404, not found" in response.content.decode()


@pytest.mark.parametrize("address", LISTS)
def test_garbage_cursor_makes_no_sense_and_a_far_one_is_a_sensible_page(visitor, address):
    World()
    path = address.removesuffix(".xml")
    key = Listing(path=path, name="").key
    order = "l" if path.endswith("archive") else "s"

    garbage = {cursor: visitor.get(f"{address}?after={cursor}").status_code for cursor in BAD_CURSORS}
    far = {cursor: visitor.get(f"{address}?after={order}{cursor}-{key}").status_code for cursor in FAR_CURSORS}

    assert garbage == dict.fromkeys(BAD_CURSORS, 400)
    assert far == dict.fromkeys(FAR_CURSORS, 200)


@pytest.mark.parametrize("day", ["1900/01", "1900/01/01", "2100/12", "2100/12/31"])
def test_first_and_last_days_of_the_calendar_have_pages(visitor, day):
    assert visitor.get(f"/events/{day}").status_code == 200


@pytest.mark.parametrize("query", ["%ff=%ff", "a[]=1&a=2", "&&&==", "after=", "tag=&tag=,&area="])
def test_odd_query_is_no_error(visitor, query):
    assert visitor.get(f"/events?{query}").status_code == 200


@pytest.mark.parametrize("query", ["q=" + "a" * 50_000, "q=%ff%00", "tag=%ed%a0%80", "from=%ff", "order=%ed%a0%80"])
def test_query_that_makes_no_sense_is_said_to_be_one(visitor, query):
    assert visitor.get(f"/events?{query}").status_code == 400


@pytest.mark.parametrize(
    "path", ["/events?after=%00", "/events/new?a=%00", "/login?next=%00", "/%00", "/%00/", "/groups/a%00"]
)
def test_nul_in_an_address_is_a_bad_request(visitor, path):
    response = visitor.get(path)

    assert response.status_code == 400
    assert "400, bad request" in response.content.decode()


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "other"])
def test_nul_in_a_cookie_is_a_bad_request(visitor, name):
    event = make_event()

    response = visitor.get(f"/events/{event.pk}", headers={"cookie": f'{name}="aaaaaaaa\\000"'})

    assert response.status_code == 400


@pytest.mark.parametrize("key", ["a", "a" * 5_000, "é" * 32, "'; DROP TABLE", '"\\001\\002aaaaaaaa"'])
def test_cookie_of_no_session_is_nobody(visitor, key):
    event = make_event()
    cookie = f"sessionid={key}".encode().decode("latin-1")

    assert visitor.get(f"/events/{event.pk}", headers={"cookie": cookie}).status_code == 200
    assert visitor.get("/account", headers={"cookie": cookie}).status_code == 302


@pytest.mark.parametrize("host", ["evil.example", "a b", "testserver\0", "[::1", "", "testserver:80:80", "x" * 5_000])
def test_unknown_host_is_a_bad_request(visitor, host):
    response = visitor.get("/events", headers={"host": host})

    assert response.status_code == 400
    if host:
        assert host not in response.content.decode()


def test_forwarded_host_is_not_believed(visitor):
    event = make_event()
    forged = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}

    for address in ("/events", f"/events/{event.pk}.ics", "/events/"):
        response = visitor.get(address, headers=forged)
        assert "evil.example" not in response.content.decode() + response.get("Location", ""), address


@pytest.mark.parametrize(
    "headers",
    [
        {"if-none-match": '"'},
        {"if-none-match": "\x01é"},
        {"if-modified-since": "garbage"},
        {"if-modified-since": "Sun, 06 Nov 99999 08:49:37 GMT"},
        {"range": "bytes=9-1"},
        {"accept-encoding": "gzip;q=garbage"},
        {"accept": "\x01"},
    ],
    ids=str,
)
def test_odd_header_is_no_error(visitor, headers):
    event = make_event()

    assert [visitor.get(f"/events/{event.pk}{suffix}", headers=headers).status_code for suffix in ("", ".xml")] == [
        200,
        200,
    ]


@pytest.mark.parametrize("address", ["/events/new", "/login"])
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"garbage", "multipart/form-data; boundary=x", 200),
        (b"garbage", "multipart/form-data", 400),
        (b"title=%ff%00&username=%00&password=%00", "application/x-www-form-urlencoded", 200),
        (b"title=%ed%a0%80&username=%ed%a0%80", "application/x-www-form-urlencoded", 200),
        (b"title=a", "application/x-www-form-urlencoded; charset=utf-16", 400),
        (b"{", "application/json", 200),
        (b"&".join(b"a=1" for _ in range(2001)), "application/x-www-form-urlencoded", 400),
        (b"a" * 5_300_000, "application/x-www-form-urlencoded", 400),
    ],
    ids=["cut", "no boundary", "nul", "surrogate", "charset", "json", "many fields", "too large"],
)
def test_body_that_is_no_form_is_answered_with_the_form_or_a_bad_request(visitor, address, body, content_type, status):
    assert visitor.post(address, body, content_type=content_type).status_code == status


def test_page_for_a_broken_request_says_what_to_do(visitor):
    page = visitor.get("/events", headers={"host": "evil.example"}).content.decode()

    assert "what you typed is still there" in page
    assert 'href="/events"' in page


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_method_that_a_page_does_not_know_is_refused(visitor, method):
    assert getattr(visitor, method)("/events").status_code == 405


def test_address_with_a_slash_at_its_end_leads_to_the_one_without_for_good(visitor):
    response = visitor.get("/events/2026/11/?after=1-2&q=%ff")

    assert (response.status_code, response["Location"]) == (301, "/events/2026/11?after=1-2&q=%ff")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("//evil.example/", None),
        ("//evil.example/events/", None),
        ("/\\evil.example/", None),
        ("/events//", "/events"),
        ("///events///", "/events"),
    ],
)
def test_slash_redirect_stays_on_the_site(visitor, path, target):
    # The test client would read the first of them as a host.
    assert visitor.get("/", PATH_INFO=path).get("Location") == target


def test_admin_is_found_without_its_slash(visitor):
    response = visitor.get("/admin")

    assert (response.status_code, response["Location"]) == (302, "/admin/")


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_login_leads_nowhere_else(visitor, target):
    make_moderator("mod")

    response = visitor.post("/login", {"username": "mod", "password": "correct horse battery", "next": target})

    assert (response.status_code, response["Location"]) == (302, "/account")


def test_healthz_touches_nothing(visitor, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = visitor.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_readyz_says_ready(visitor):
    response = visitor.get("/readyz")

    assert (response.status_code, response.content) == (200, b"ready\n")


def test_readyz_says_when_a_migration_waits(visitor):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'moderation'")

    response = visitor.get("/readyz")

    assert (response.status_code, response.content) == (503, b"migrations waiting\n")


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_readyz_says_when_the_database_does_not_answer(visitor, error):
    def unreachable(*args):
        raise error("the server closed the connection, 127.0.0.1 port 5432")

    with connection.execute_wrapper(unreachable):
        response = visitor.get("/readyz")

    assert (response.status_code, response.content) == (503, b"database unreachable\n")
