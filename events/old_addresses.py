"""Where the addresses of Hyperactive, the site's predecessor, lead to: one table, and the view that reads it.

They were taken from its routes (`config/routes.rb`, with Rails' `/:controller/:action/:id` for the rest), its
controllers and its links. What changed something there (`/events/destroy/1`) leads nowhere. `/events/2565` and
`/groups/27` are addresses of this site too and stand in `events/urls.py` and `collectives/urls.py`.
"""

import re
from collections.abc import Callable
from datetime import date
from string import Formatter
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, QueryDict
from django.shortcuts import render
from django.urls import path, register_converter
from django.urls.converters import StringConverter
from django.views.decorators.http import require_safe

from events.calendar import day_address, month_address, week_address
from events.forms.filters import QUERY_MAX_LENGTH
from events.models import Area, Tag
from events.urls import Month, Year

Target = str | Callable[..., str] | None
GONE: Target = None


def _term(model: type[Tag | Area], *, as_feed: bool = False) -> Callable[..., str]:
    """Leads to what has a tag or place tag, which Hyperactive addressed by its name."""
    index = "areas" if model is Area else "tags"

    def target(query: QueryDict, name: str = "") -> str:
        slug = model.slug_of((name or query.get("scope", ""))[:80])
        if as_feed:
            return f"/{index}/{slug}.{_feed_suffix(query)}" if slug else "/feeds"
        return f"/{index}/{slug}" if slug else f"/{index}"

    return target


def _feed_suffix(query: QueryDict) -> str:
    """Hyperactive's feeds were RSS unless Atom was asked for."""
    return "atom" if query.get("format") == "atom" else "rss"


def _upcoming_feed(query: QueryDict) -> str:
    return f"/events.{_feed_suffix(query)}"


def _found(query: QueryDict) -> str:
    terms = query.get("search[search_terms]", "").strip()[:QUERY_MAX_LENGTH]
    return f"/search?{urlencode({'q': terms})}" if terms else "/search"


def _asked_date(query: QueryDict) -> tuple[date | None, bool]:
    """The `date` of an old list, None without one, and whether it names a day, not only a month.

    Links had `date=2009-10-22`, `date=2009-10` or a date with a time after it, forms `date[year]` and so on. A date
    that there is not, or that is outside of the years of this site, is not found.
    """
    parts = (query.get(f"date[{name}]", "") for name in ("year", "month", "day"))
    typed = query.get("date") or "-".join(parts).strip("-")
    if not typed:
        return None, False
    found = re.match(rf"({Year.regex})-([0-9]{{1,2}})(?:-([0-9]{{1,2}}))?(?![0-9])", typed)
    if not found:
        raise Http404
    year, month, day = found.groups()
    try:
        return date(int(year), int(month), int(day or 1)), day is not None
    except ValueError:
        raise Http404 from None


def _month(query: QueryDict) -> str:
    asked, _ = _asked_date(query)
    return month_address(asked) if asked else "/events/calendar"


def _day(query: QueryDict) -> str:
    asked, has_day = _asked_date(query)
    if asked is None:
        return "/events/today"
    return day_address(asked) if has_day else month_address(asked)


def _week(query: QueryDict) -> str:
    """Hyperactive's weeks began on Monday, as those of ISO 8601 do. Without a date it was the one of that day."""
    asked, has_day = _asked_date(query)
    if asked is None:
        return "/events"
    return week_address(asked) if has_day else month_address(asked)


def _month_of(kind: type[Tag | Area]) -> Callable[..., str]:
    """Leads to a month of what has a tag or place tag."""
    parameter = "area" if kind is Area else "tag"

    def target(query: QueryDict, year: str, month: int, name: str) -> str:
        slug = kind.slug_of(name[:80])
        return f"/events/{year}/{month:02}" + (f"?{urlencode({parameter: slug})}" if slug else "")

    return target


# What stands in braces below. An id is bounded by what a database counts to.
PLACEHOLDERS = {
    "id": "[0-9]{1,18}",
    "slug": "[-a-zA-Z0-9_]{1,80}",
    "name": "[^/]{1,200}",
    "year": Year.regex,
    "month": Month.regex,
    "rest": ".*",
}

# The first that fits counts.
TABLE: dict[str, Target] = {
    # Pages
    "home": "/",
    "home/index": "/",
    "index.html": "/",
    "latest": "/",
    "publish": "/events/new",
    "publish/index": "/events/new",
    "page/Publish Page": "/events/new",
    "page/{name}": GONE,
    "pages": GONE,
    "pages/{rest}": GONE,
    "mission-statement": GONE,
    "contact-us": GONE,
    "get-involved": GONE,
    "help": GONE,
    "editorial-guidelines": GONE,
    # Lists of events
    "events.html": "/events",
    "events/index": "/events",
    "events/list": "/events",
    "events/upcoming": "/events",
    "events/list_by_day": _day,
    "events/list_by_week": _week,
    "events/list_seven_days": lambda query: _week(query) if query else "/events/next",
    "events/list_by_month": _month,
    "events/calendar_month": _month,
    "events/list_by_event_date": "/events/archive",
    "events/archives": "/events/archive",
    "events/archives/{id}": "/events/archive",
    "events/list_featured": "/events/featured",
    "events/list_featured/{id}": "/events/featured",
    "events/list_promoted": "/events/promoted",
    "events/list_promoted/{id}": "/events/promoted",
    "events/list_by_event_group/{id}": "/series/{id}",
    "events/search": "/search",
    "timeline": "/events/calendar",
    "timeline/timeline": "/events/calendar",
    "timeline/show_calendar": "/events.json",
    # An event
    "events/{id}.html": "/events/{id}",
    "events/{id}-{name}": "/events/{id}",
    "events/show/{id}": "/events/{id}",
    "events/ical_download/{id}": "/events/{id}.ics",
    "events/{id};edit": "/events/{id}/edit",
    "events/edit/{id}": "/events/{id}/edit",
    "events/show_comment_form/{id}": "/events/{id}/comments/new",
    "events/show_map_controls/{id}": "/events/{id}",
    "events/admin_controls/{id}": "/events/{id}",
    # Archives by month, of everything that was posted
    "archive": "/events/archive",
    "archive.html": "/events/archive",
    "monthly_archive": "/events/archive",
    "archive/this_month": "/events/calendar",
    "archive/this_month/{slug}": "/events/calendar",
    "archive/{year}": "/events/archive/{year}",
    "archive/{year}.html": "/events/archive/{year}",
    "archive/{year}/{month}": "/events/{year}/{month:02}",
    "archive/{year}/{month}.html": "/events/{year}/{month:02}",
    "archive/{year}/{month}/featured": "/events/{year}/{month:02}?status=featured",
    "archive/{year}/{month}/promoted": "/events/{year}/{month:02}?status=promoted",
    "archive/{year}/{month}/tag": "/events/{year}/{month:02}",
    "archive/{year}/{month}/tag/{name}": _month_of(Tag),
    "archive/{year}/{month}/place_tag": "/events/{year}/{month:02}",
    "archive/{year}/{month}/place_tag/{name}": _month_of(Area),
    # Tags and search
    "search/by_tag": _term(Tag),
    "search/by_tag/{name}": _term(Tag),
    "search/by_place_tag": _term(Area),
    "search/by_place_tag/{name}": _term(Area),
    "search/find_content": _found,
    # Feeds
    "feeds/index": "/feeds",
    "feeds/upcoming_events": _upcoming_feed,
    "feeds/upcoming_events_by_tag": _term(Tag, as_feed=True),
    "feeds/upcoming_events_by_tag/{name}": _term(Tag, as_feed=True),
    "feeds/upcoming_events_tagged": _term(Tag, as_feed=True),
    "feeds/upcoming_events_by_place": _term(Area, as_feed=True),
    "feeds/upcoming_events_by_place/{name}": _term(Area, as_feed=True),
    "event_feed/upcoming": _upcoming_feed,
    "event_feed/upcoming_tagged": _term(Tag, as_feed=True),
    "event_feed/upcoming_place": _term(Area, as_feed=True),
    "feeds/latest_articles": GONE,
    "feeds/articles_by_tag/{name}": GONE,
    "feeds/latest_videos": GONE,
    "feeds/action_alerts": GONE,
    "video_feed/{rest}": GONE,
    # Groups, first called collectives
    "groups.html": "/groups",
    "groups/{slug}.html": "/groups/{slug}",
    "groups/{slug}/external_feeds": "/groups/{slug}",
    "external_feeds": "/groups",
    "collectives": "/groups",
    "collectives.html": "/groups",
    "collectives.xml": "/groups.xml",
    "collectives/index": "/groups",
    "collectives/list": "/groups",
    "collectives/show_all": "/groups",
    "collectives/new": "/groups/new",
    "collectives/must_be_registered_to_create": "/signup",
    "collectives/{slug}": "/groups/{slug}",
    "collectives/{slug}.html": "/groups/{slug}",
    "collectives/{slug}.xml": "/groups/{slug}.xml",
    "collectives/show/{slug}": "/groups/{slug}",
    "collectives/edit/{slug}": "/groups/{slug}",
    "collectives/{slug};edit": "/groups/{slug}",
    "collectives/{slug}/edit": "/groups/{slug}",
    "collectives/{slug}/edit_memberships": "/groups/{slug}",
    # Accounts
    "register": "/signup",
    "register/lostpassword": "/account/password/reset",
    "register/{rest}": "/signup",
    "change_password": "/account/password",
    "active_rbac/{rest}": "/",
    # What moderators did
    "hidden/index": "/hidden",
    "hidden/list": "/hidden",
    # Kinds of posts that are not here, and the files of posts
    "articles": GONE,
    "articles.{slug}": GONE,
    "articles/{rest}": GONE,
    "videos": GONE,
    "videos.{slug}": GONE,
    "videos/{rest}": GONE,
    "featured_videos_json": GONE,
    "other_medias": GONE,
    "other_medias.{slug}": GONE,
    "other_medias/{rest}": GONE,
    "playlist_items": GONE,
    "playlist_items/{rest}": GONE,
    "actions": GONE,
    "action_alerts": GONE,
    "action_alerts.{slug}": GONE,
    "action_alerts/{rest}": GONE,
    "system/{rest}": GONE,
}


def _compiled(address: str) -> re.Pattern[str]:
    parts = (
        re.escape(literal) + (f"(?P<{name}>{PLACEHOLDERS[name]})" if name else "")
        for literal, name, _, _ in Formatter().parse(address)
    )
    return re.compile("".join(parts))


_COMPILED = [(_compiled(address), address) for address in TABLE]


def find(address: str) -> tuple[str, dict[str, Any]] | None:
    """The line of the table that `address`, without its first slash, fits, and what stands in its braces."""
    for pattern, line in _COMPILED:
        if found := pattern.fullmatch(address):
            values = found.groupdict()
            return line, values | {name: int(values[name]) for name in ("id", "month") if name in values}
    return None


class OldAddress(StringConverter):
    """An address that the table knows; any other is left to the routes that follow."""

    regex = ".+"

    def to_python(self, value: str) -> tuple[str, dict[str, Any]]:  # type: ignore[override]
        found = find(value)
        if found is None:
            raise ValueError
        return found


@require_safe
def old_address(request: HttpRequest, found: tuple[str, dict[str, Any]]) -> HttpResponse:
    """Redirects for good, or says in words that this kind of page was left behind."""
    line, values = found
    target = TABLE[line]
    if target is None:
        return render(request, "events/old_address.html", status=410)
    address = target.format(**values) if isinstance(target, str) else target(request.GET, **values)
    return HttpResponsePermanentRedirect(address)


register_converter(OldAddress, "old_address")
urlpatterns = [path("<old_address:found>", old_address, name="old_address")]
