"""Every address of Hyperactive answers: it leads to the new view for good, or says that it was left behind."""

from urllib.parse import unquote

import pytest
from django.urls import Resolver404, resolve

from events.old_addresses import TABLE, find, old_address

pytestmark = pytest.mark.django_db

LEADS = {
    "/home": "/",
    "/home/index": "/",
    "/index.html": "/",
    "/latest": "/",
    "/publish": "/events/new",
    "/publish/index": "/events/new",
    "/page/Publish%20Page": "/events/new",
    # Lists of events
    "/events.html": "/events",
    "/events/index": "/events",
    "/events/list": "/events",
    "/events/upcoming": "/events",
    "/events/upcoming?page=3": "/events",
    "/events/list_by_day": "/events/today",
    "/events/list_by_day?date=": "/events/today",
    "/events/list_by_day?date=2009-10-22": "/events/2009/10/22",
    "/events/list_by_day?date=2009-10-22&page=2": "/events/2009/10/22",
    "/events/list_by_day?date=2009-9-1": "/events/2009/09/01",
    "/events/list_by_day?date=2009-09-01T00:00:00%2B00:00": "/events/2009/09/01",
    "/events/list_by_day?date[year]=2009&date[month]=10&date[day]=22": "/events/2009/10/22",
    "/events/list_by_day?date%5Byear%5D=2009&date%5Bmonth%5D=10&date%5Bday%5D=22": "/events/2009/10/22",
    "/events/list_by_day?date=2008-02-29": "/events/2008/02/29",
    "/events/list_by_day?date=2009-10": "/events/2009/10",
    "/events/list_by_week": "/events",
    "/events/list_by_week?date=2009-10-19": "/events/2009/w43",  # a Monday
    "/events/list_by_week?date=2009-10-25": "/events/2009/w43",  # a Sunday
    "/events/list_by_week?date=2010-01-03": "/events/2009/w53",
    "/events/list_by_week?date=2010-01-04": "/events/2010/w01",
    "/events/list_by_week?date=2009-10": "/events/2009/10",
    "/events/list_seven_days": "/events/next",
    "/events/list_seven_days?date=2009-10-22": "/events/2009/w43",
    "/events/list_by_month": "/events/calendar",
    "/events/list_by_month?date=2009-10": "/events/2009/10",
    "/events/list_by_month?date=2009-10&page=3": "/events/2009/10",
    "/events/list_by_month?date=2009-10-22": "/events/2009/10",
    "/events/list_by_month?date[year]=2009&date[month]=10": "/events/2009/10",
    "/events/list_by_month?date[year]=&date[month]=&date[day]=": "/events/calendar",
    "/events/calendar_month": "/events/calendar",
    "/events/calendar_month?date=2009-12-01": "/events/2009/12",
    "/events/list_by_event_date": "/events/archive",
    "/events/archives": "/events/archive",
    "/events/archives/3": "/events/archive",
    "/events/archives?page=3": "/events/archive",
    "/events/list_featured": "/events/featured",
    "/events/list_featured/1": "/events/featured",
    "/events/list_promoted": "/events/promoted",
    "/events/list_promoted/2": "/events/promoted",
    "/events/list_by_event_group/12": "/series/12",
    "/events/search": "/search",
    "/timeline": "/events/calendar",
    "/timeline/timeline": "/events/calendar",
    "/timeline/show_calendar": "/events.json",
    # An event
    "/events/2565.html": "/events/2565",
    "/events/2565-open-picnic": "/events/2565",
    "/events/show/2565": "/events/2565",
    "/events/show/0002565": "/events/2565",
    "/events/ical_download/2565": "/events/2565.ics",
    "/events/2565;edit": "/events/2565/edit",
    "/events/edit/2565": "/events/2565/edit",
    "/events/show_comment_form/2565": "/events/2565/comments/new",
    "/events/show_map_controls/2565": "/events/2565",
    "/events/admin_controls/2565": "/events/2565",
    # Archives by month
    "/archive": "/events/archive",
    "/archive.html": "/events/archive",
    "/monthly_archive": "/events/archive",
    "/archive/this_month": "/events/calendar",
    "/archive/this_month/featured": "/events/calendar",
    "/archive/2009": "/events/archive/2009",
    "/archive/2009.html": "/events/archive/2009",
    "/archive/2009/9": "/events/2009/09",
    "/archive/2009/10": "/events/2009/10",
    "/archive/2009/10.html": "/events/2009/10",
    "/archive/2009/10/featured": "/events/2009/10?status=featured",
    "/archive/2009/10/promoted": "/events/2009/10?status=promoted",
    "/archive/2009/10/tag": "/events/2009/10",
    "/archive/2009/10/tag/Climate%20Camp": "/events/2009/10?tag=climate-camp",
    "/archive/2009/10/tag/Caf%C3%A9": "/events/2009/10?tag=caf%C3%A9",
    "/archive/2009/10/tag/!!!": "/events/2009/10",
    "/archive/2009/10/place_tag": "/events/2009/10",
    "/archive/2009/10/place_tag/Tower%20Hamlets": "/events/2009/10?area=tower-hamlets",
    # Tags and search
    "/search/by_tag": "/tags",
    "/search/by_tag/food": "/tags/food",
    "/search/by_tag/Climate%20Camp?page=2": "/tags/climate-camp",
    "/search/by_tag?scope=Climate+Camp": "/tags/climate-camp",
    "/search/by_tag/Caf%C3%A9": "/tags/caf%C3%A9",
    "/search/by_tag/J18.1": "/tags/j181",
    "/search/by_tag/!!!": "/tags",
    "/search/by_place_tag": "/areas",
    "/search/by_place_tag/Tower%20Hamlets": "/areas/tower-hamlets",
    "/search/find_content": "/search",
    "/search/find_content?search[search_terms]=open+picnic": "/search?q=open+picnic",
    "/search/find_content?search%5Bsearch_terms%5D=Caf%C3%A9+%26+bar&commit=Search": "/search?q=Caf%C3%A9+%26+bar",
    # Feeds
    "/feeds/index": "/feeds",
    "/feeds/upcoming_events": "/events.rss",
    "/feeds/upcoming_events?format=atom": "/events.atom",
    "/feeds/upcoming_events?format=pdf": "/events.rss",
    "/feeds/upcoming_events_by_tag": "/feeds",
    "/feeds/upcoming_events_by_tag?scope=Climate+Camp": "/tags/climate-camp.rss",
    "/feeds/upcoming_events_by_tag/food": "/tags/food.rss",
    "/feeds/upcoming_events_by_tag/food?format=atom": "/tags/food.atom",
    "/feeds/upcoming_events_tagged?scope=food": "/tags/food.rss",
    "/feeds/upcoming_events_by_place?scope=Brixton": "/areas/brixton.rss",
    "/feeds/upcoming_events_by_place/Brixton": "/areas/brixton.rss",
    "/event_feed/upcoming": "/events.rss",
    "/event_feed/upcoming_tagged?scope=food": "/tags/food.rss",
    "/event_feed/upcoming_place?scope=Brixton": "/areas/brixton.rss",
    # Groups
    "/groups.html": "/groups",
    "/groups/27.html": "/groups/27",
    "/groups/27/external_feeds": "/groups/27",
    "/external_feeds": "/groups",
    "/collectives": "/groups",
    "/collectives.html": "/groups",
    "/collectives.xml": "/groups.xml",
    "/collectives/index": "/groups",
    "/collectives/list": "/groups",
    "/collectives/show_all": "/groups",
    "/collectives/new": "/groups/new",
    "/collectives/must_be_registered_to_create": "/signup",
    "/collectives/27": "/groups/27",
    "/collectives/social-centre": "/groups/social-centre",
    "/collectives/27.html": "/groups/27",
    "/collectives/27.xml": "/groups/27.xml",
    "/collectives/social-centre.xml": "/groups/social-centre.xml",
    "/collectives/show/27": "/groups/27",
    "/collectives/edit/27": "/groups/27",
    "/collectives/27;edit": "/groups/27",
    "/collectives/27/edit": "/groups/27",
    "/collectives/27/edit_memberships": "/groups/27",
    # Accounts, and what moderators did
    "/register": "/signup",
    "/register/register": "/signup",
    "/register/confirm/amy/0123abcd": "/signup",
    "/register/lostpassword": "/account/password/reset",
    "/change_password": "/account/password",
    "/active_rbac/login/login": "/",
    "/hidden/index": "/hidden",
    "/hidden/list": "/hidden",
    "/hidden/list?page=2": "/hidden",
}

GONE = [
    "/page/Mission%20Statement",
    "/pages",
    "/pages/12",
    "/mission-statement",
    "/contact-us",
    "/get-involved",
    "/help",
    "/editorial-guidelines",
    "/feeds/latest_articles",
    "/feeds/articles_by_tag/food",
    "/feeds/latest_videos",
    "/feeds/action_alerts",
    "/video_feed/latest",
    "/articles",
    "/articles.xml",
    "/articles/",
    "/articles/123",
    "/articles/123.xml",
    "/articles/123-a-title",
    "/articles/featured?page=9",
    "/articles/archives/3",
    "/videos",
    "/videos.rss",
    "/videos/123",
    "/featured_videos_json",
    "/other_medias",
    "/other_medias.xml",
    "/other_medias/list_featured/1",
    "/playlist_items",
    "/playlist_items/1",
    "/actions",
    "/action_alerts",
    "/action_alerts.xml",
    "/action_alerts/list",
    "/system/photo/2009/10/22/12/flyer.jpg",
    "/system/file_upload/2009/10/22/12/programme.pdf",
]


DATED = ["/events/list_by_day", "/events/list_by_week", "/events/list_seven_days", "/events/list_by_month"]
NO_DATES = [
    "2009-02-30",
    "2009-13",
    "2009-00-01",
    "2009-10-00",
    "2009-10-32",
    "9999-01-01",
    "1899-12-31",
    "2101-01-01",
    "0000-01-01",
    "-2009-10-22",
    "2009",
    "20091022",
    "2009-100-22",
    "٢٠٠٩-10-22",
    "today",
    "//evil.example/",
    "2009%0d%0aSet-Cookie:a=b",
]
HOSTILE = [
    "/collectives//evil.example",
    "/collectives/%2F%2Fevil.example",
    "/collectives/27%2F..%2F..",
    "/collectives/27%0d%0aSet-Cookie:%20a=b",
    "/collectives/27%0a",
    "/collectives/%E2%80%AE",
    "/collectives/" + "9" * 81,
    "/events/show/" + "9" * 19,
    "/events/show/" + "9" * 5000,
    "/events/show/-1",
    "/events/show/1.0",
    "/events/show/٢",
    "/events/show/2565%20",
    "/events/show/2565%0a",
    "/events/list_by_event_group/abc",
    "/search/by_tag/a%2Fb",
    "/search/by_tag/" + "a" * 201,
    "/archive/2009/13",
    "/archive/9999/01",
    "/archive/1899/12",
    "/archive/2009/10/nothing",
    "/publish%0a",
    "/PUBLISH",
    "/destroy/1",
    "/events/destroy/1",
    "/posts/123",
]


def test_every_line_of_the_table_is_tried_here():
    paths = [unquote(address.partition("?")[0])[1:] for address in [*LEADS, *GONE]]

    assert {found[0] for path in paths if (found := find(path))} == set(TABLE)


@pytest.mark.parametrize(("address", "target"), LEADS.items())
def test_old_address_leads_to_the_new_view_for_good(client, django_assert_num_queries, address, target):
    with django_assert_num_queries(0):
        response = client.get(address)

    assert (response.status_code, response.get("Location")) == (301, target)
    assert not response.cookies


@pytest.mark.parametrize("address", GONE)
def test_kind_of_page_that_is_not_here_is_gone_and_says_so(client, django_assert_num_queries, address):
    with django_assert_num_queries(0):
        response = client.get(address)

    assert response.status_code == 410
    assert "Only its events and groups moved here." in response.content.decode()
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    assert not response.cookies


@pytest.mark.parametrize("address", ["/events/2565", "/groups/27"])
def test_address_that_stayed_what_it_was_is_answered_by_the_page_itself(address):
    assert is_live(address)


def test_every_target_is_an_address_of_this_site():
    targets = {target.partition("?")[0] for target in LEADS.values()}

    assert {target for target in targets if not is_live(target)} == set()


def is_live(address: str) -> bool:
    try:
        return resolve(unquote(address)).func is not old_address
    except Resolver404:
        return False


@pytest.mark.parametrize("date", NO_DATES)
def test_date_that_there_is_not_is_not_found(client, date):
    assert [client.get(f"{address}?date={date}").status_code for address in DATED] == [404] * 4


def test_parts_of_a_date_that_make_none_are_not_found(client):
    parts = "date[year]=2009&date[day]=22"

    assert [client.get(f"{address}?{parts}").status_code for address in DATED] == [404] * 4


@pytest.mark.parametrize("address", HOSTILE, ids=lambda address: address[:40])
def test_what_was_never_an_address_is_not_found(client, address):
    response = client.get(address)

    assert (response.status_code, response.get("Location")) == (404, None)


def test_address_with_two_slashes_leads_to_no_other_site(client):
    # The test client would take the name behind the slashes for the host.
    assert client.get("/", PATH_INFO="//evil.example/publish").status_code == 404
    assert client.get("/", PATH_INFO="//evil.example/archive/").status_code == 404


@pytest.mark.parametrize("address", ["/search/by_tag/a%00b", "/search/by_tag?scope=a%00b", "/articles/%00"])
def test_nul_is_refused(client, address):
    assert client.get(address).status_code == 400


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("//evil.example/", "evilexample"),
        ("https://evil.example", "httpsevilexample"),
        ("a%0d%0aSet-Cookie:b", "a-set-cookieb"),
        ('"><script>', "script"),
        ("../admin", "admin"),
        ("a" * 300, "a" * 80),
        ("%ff", ""),
    ],
)
def test_name_of_a_tag_leads_nowhere_but_to_a_tag(client, text, slug):
    response = client.get(f"/search/by_tag?scope={text}")

    assert (response.status_code, response["Location"]) == (301, f"/tags/{slug}" if slug else "/tags")


def test_what_was_searched_for_is_only_searched_for(client):
    response = client.get(
        "/search/find_content", {"search[search_terms]": " //evil.example?&q=x#\r\nSet-Cookie: a=b" + "z" * 300}
    )

    assert response["Location"].startswith("/search?q=%2F%2Fevil.example%3F%26q%3Dx%23%0D%0ASet-Cookie%3A+a%3Db")
    assert len(response["Location"]) < 300
    assert "Set-Cookie" not in response.headers


def test_old_address_with_a_slash_leads_on_in_two_steps(client):
    response = client.get("/search/find_content/?search[search_terms]=picnic", follow=False)

    assert (response.status_code, response["Location"]) == (301, "/search/find_content?search[search_terms]=picnic")


def test_old_address_is_read_and_nothing_else(client):
    assert client.post("/publish").status_code == 405
    assert client.head("/publish")["Location"] == "/events/new"
