"""The sitemap: the address of everything that readers may see, for search engines (sitemaps.org).

It must cost the same with a million events. Django's paginator counts all rows and skips those before a page; here
a page holds the rows of a range of ids, so that it is read from the index, keeps its number whatever is posted or
hidden, and is cached by crawlers for as long as nothing in it changes. The index names the pages on which there is
something to see, and gives no times: the latest change of a page would go back when its newest post is hidden.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib import sitemaps
from django.core.paginator import EmptyPage
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from collectives.models import Collective
from events.calendar import YEARS, last_day
from events.models import Area, Event, Tag, Venue
from events_site.headers import for_machines

PAGE_SIZE = 2_000


class Section(sitemaps.Sitemap):
    """A part of the sitemap in numbered pages, of which some may hold nothing."""

    def numbers(self) -> Iterable[int]:
        """Of the pages that hold something."""
        raise NotImplementedError

    def on_page(self, number: int) -> Iterable[Any]:
        raise NotImplementedError

    def get_domain(self, site: Any = None) -> str:
        """That of SITE_URL, whatever host was asked."""
        return settings.SITE_URL.partition("://")[2]

    def get_protocol(self, protocol: str | None = None) -> str:
        return settings.SITE_URL.partition("://")[0]

    @property
    def paginator(self) -> Any:
        return self

    def page(self, number: int) -> Any:
        """As Django's paginator gives it. Raises EmptyPage."""
        if not (found := list(self.on_page(number))):
            raise EmptyPage
        return SimpleNamespace(object_list=found)


class Records(Section):
    """Rows with a page of their own, PAGE_SIZE ids to a page of the sitemap; page 1 begins with id 0."""

    def __init__(self, rows: Callable[[], models.QuerySet]) -> None:
        self.rows = rows

    def numbers(self) -> list[int]:
        """Found by jumping through the index from one page to the next that has a row, in one query."""
        rows = self.rows().order_by("pk").values("pk")
        beyond = RawSQL("(found.id / %s + 1) * %s", [PAGE_SIZE, PAGE_SIZE])
        first, first_values = rows[:1].query.sql_with_params()
        following, values = rows.filter(pk__gte=beyond)[:1].query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH RECURSIVE found(id) AS (SELECT * FROM ({first}) AS first"  # noqa: S608
                f" UNION ALL SELECT ({following}) FROM found WHERE found.id IS NOT NULL)"
                " SELECT id FROM found WHERE id IS NOT NULL",
                [*first_values, *values],
            )
            return [page_of(pk) for (pk,) in cursor.fetchall()]

    def on_page(self, number: int) -> models.QuerySet:
        first = (number - 1) * PAGE_SIZE
        return self.rows().filter(pk__gte=first, pk__lt=first + PAGE_SIZE).order_by("pk")


class Posts(Records):
    def lastmod(self, post: Any) -> datetime | None:
        """The day of it is printed; the event's own formats tell the second."""
        return post.updated_on or post.created_on


class Months(Section):
    """The months of the calendar in which something begins; a page of the sitemap is a year."""

    def numbers(self) -> list[int]:
        years = Event.objects.visible().years()
        return [first.year for first in _with_events((date(year, 1, 1), date(year, 12, 31)) for year in years)]

    def on_page(self, number: int) -> list[date]:
        if number not in YEARS:
            return []
        return _with_events((date(number, month, 1), last_day(number, month)) for month in range(1, 13))

    def location(self, first: date) -> str:
        return reverse("events:month", args=[first.year, first.month])


def _with_events(spans: Iterable[tuple[date, date]]) -> list[date]:
    """The first days of those spans of days in which a visible event begins, in one query."""
    events = Event.objects.visible()
    # The first in order of date rather than whether there is any: for that PostgreSQL would read the table.
    begins = {
        f"from_{first:%Y_%m_%d}": (first, models.Subquery(events.between(first, last).values("pk")[:1]))
        for first, last in spans
    }
    if not begins:
        return []
    found = events.order_by("pk").annotate(**{name: event for name, (_first, event) in begins.items()})
    row = found.values_list(*begins).first() or ()
    return [first for (first, _event), pk in zip(begins.values(), row, strict=False) if pk is not None]


class Pages(Section):
    """What is there whatever is posted."""

    def numbers(self) -> list[int]:
        return [1]

    def on_page(self, number: int) -> list[str]:
        names = ["home", "index", "ongoing", "featured", "promoted", "archive", "terms", "feeds"]
        found = [*(f"events:{name}" for name in names), "collectives:index"]
        if settings.PUBLIC_MODERATION_LOG:
            found.append("moderation:hidden")
        return found if number == 1 else []

    def location(self, name: str) -> str:
        return reverse(name)


SECTIONS: dict[str, Section] = {
    "pages": Pages(),
    "months": Months(),
    "groups": Posts(Collective.objects.visible),
    "tags": Records(lambda: Tag.objects.of_some(Event.objects.visible())),
    "areas": Records(lambda: Area.objects.of_some(Event.objects.visible())),
    "venues": Records(lambda: Venue.objects.of_some(Event.objects.visible())),
    "events": Posts(lambda: Event.objects.visible().only("created_on", "updated_on")),
}


def page_of(pk: int) -> int:
    """The number of the page that names the row of this id."""
    return pk // PAGE_SIZE + 1


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    pages = [
        {"location": settings.SITE_URL + reverse(f"sitemap_{name}", args=[number])}
        for name, section in SECTIONS.items()
        for number in section.numbers()
    ]
    return _answer(request, "sitemap_index.xml", {"sitemaps": pages})


@require_safe
def section(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """A page of a section. Not found when there is nothing on it."""
    try:
        urls = SECTIONS[name].get_urls(number)
    except EmptyPage:
        raise Http404 from None
    return _answer(request, "sitemap.xml", {"urlset": urls})


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return for_machines(render(request, template, context, content_type="application/xml"), index=False)


urlpatterns = [
    path("sitemap.xml", index, name="sitemap"),
    *(path(f"sitemap-{name}-<int:number>.xml", section, {"name": name}, name=f"sitemap_{name}") for name in SECTIONS),
]
