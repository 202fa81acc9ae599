"""What the site tells the machines that come by themselves: what they may read, and whom to tell of a weakness."""

import re

import pytest
from django.test import Client

from tests.routes import ROUTES, Kind, World

pytestmark = pytest.mark.django_db

FOR_ROBOTS = {Kind.PAGE, Kind.DATA, Kind.LEAD, Kind.MEDIA, Kind.EMBED}
# Beside the routes of a kind that is for readers: the queue and the admin by another name, single comments, the day
# that a form shows, and what only machines read.
CLOSED = {"moderation", "admin", "comments/<int:pk>", "events/new/day", "oembed"}
RECORD = re.compile(r"(?!/sitemap).*\.(json|xml)")


def is_allowed(address: str, rules: list[str]) -> bool:
    """RFC 9309 section 2.2.3, for rules that all disallow."""
    patterns = (re.escape(rule).replace(r"\*", ".*").replace(r"\$", "$") for rule in rules)
    return not any(re.match(pattern, address) for pattern in patterns)


def test_robots_read_pages_calendars_and_feeds_but_no_form_and_no_record():
    world = World()
    lines = Client().get("/robots.txt").content.decode().splitlines()
    rules = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")]

    found, expected = {}, {}
    for route in ROUTES:
        for address in route.addresses(world):
            found[address] = is_allowed(address, rules)
            is_open = route.kind in FOR_ROBOTS and route.pattern not in CLOSED
            expected[address] = is_open and not RECORD.fullmatch(address.partition("?")[0])

    assert found == expected
    assert not is_allowed("/events/archive?after=1-2", rules)
    assert lines[0] == "User-agent: *"
    assert lines[-1] == "Sitemap: http://testserver/sitemap.xml"


def test_robots_are_told_of_no_post_and_no_account(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = Client().get("/robots.txt")

    assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_contact_for_weaknesses_is_named_until_half_a_year_from_now(settings, time_machine):
    settings.SECURITY_CONTACT = "https://example.org/security?a=1&b=2"
    time_machine.move_to("2026-06-10T12:00:00Z", tick=False)

    assert Client().get("/.well-known/security.txt").content.decode() == (
        "Contact: https://example.org/security?a=1&b=2\n"
        "Expires: 2026-12-07T00:00:00Z\n"
        "Preferred-Languages: en-gb\n"
        "Canonical: http://testserver/.well-known/security.txt\n"
    )


def test_file_of_the_contact_changes_once_a_day(settings, time_machine):
    settings.TIME_ZONE = "Europe/London"
    etags = []
    for moment in ("2026-06-10T00:00:00Z", "2026-06-10T23:59:59Z", "2026-06-11T00:00:00Z"):
        time_machine.move_to(moment, tick=False)
        etags.append(Client().get("/.well-known/security.txt")["ETag"])

    assert (etags[0] == etags[1], etags[1] == etags[2]) == (True, False)


def test_site_without_a_contact_says_so(settings):
    settings.SECURITY_CONTACT = ""

    response = Client().get("/.well-known/security.txt")

    assert (response.status_code, response["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert response.content.decode() == "This site names no contact for reports of weaknesses.\n"
