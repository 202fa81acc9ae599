"""Lists of events, in every format: what each is about, and the page it is read on."""

import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from collectives.models import Collective
from events.calendar import day_address, last_day, month_address, month_grid, week_address, week_start, year_address
from events.forms import FilterForm
from events.listing import BESIDE, BEST_MATCHES, Filters, Listing, Span, of_days, tonight, weekend
from events.models import Area, Event, EventGroup, Tag, Venue, start_of
from events.paging import Page
from events.serializers import collective_json
from events.views.embedding import embed
from events.views.exports import EMBED, FORMATS, export_list, gone, refusal
from events_site import limits
from moderation.deeds import bar_for

TERMS = {"tag": (Tag, gettext_lazy("Topics")), "area": (Area, gettext_lazy("Areas"))}
MOST_TERMS = 300
OFFERED = 30


class BadFilters(Exception):  # noqa: N818
    """What was asked for makes no sense; `form` says why."""

    def __init__(self, form: FilterForm) -> None:
        super().__init__()
        self.form = form


class TooManySearches(Exception):  # noqa: N818
    """From this connection, for now; `wait` is in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


def a_list(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views of lists: answers wrong filters with what is wrong, in the format that was asked for."""

    @require_safe
    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, suffix: str = "", **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, suffix=suffix, **kwargs)
        except BadFilters as wrong:
            sentences = [f"{name}: {error}" for name, errors in wrong.form.errors.items() for error in errors]
            context = {"form": wrong.form, "listing": wrong.form.plain}
            page = functools.partial(render, request, "events/bad_filters.html", context, status=400)
            return refusal(request, suffix, 400, sentences, page)
        except TooManySearches as many:
            sentences = [_("There were very many searches from your connection. Try again in a minute.")]
            page = functools.partial(render, request, "429.html", {"sentences": sentences}, status=429)
            return limits.answered(refusal(request, suffix, 429, sentences, page), many.wait)

    return answered


def asked_for(request: HttpRequest, listing: Listing) -> Listing:
    """The list that the query of this request narrows `listing` down to. Raises BadFilters and TooManySearches."""
    form = FilterForm(request.GET, listing=listing)
    found = form.listing()
    if form.errors:
        raise BadFilters(form)
    if found.chosen.q and (wait := limits.hit("search", request)):
        raise TooManySearches(wait)
    return found


def answer(request: HttpRequest, listing: Listing, suffix: str, template: str, **context: Any) -> HttpResponse:
    """A page of a list, or the same page in another format. What is costly in `context` may be a function."""
    if suffix and suffix != EMBED:
        return export_list(request, listing, suffix)
    listing = listing.for_reading()
    if suffix:
        return embed(request, listing.page().events, listing.title, listing.address())
    given = {name: value() if callable(value) else value for name, value in context.items()}
    return render(request, template, {**context_of(listing), "page": listing.page(), **given})


def context_of(listing: Listing) -> dict[str, Any]:
    """What every page of a list shows beside its events."""
    return {"listing": listing, "formats": FORMATS, "form": FilterForm(listing=listing)}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    upcoming = Event.objects.visible().upcoming()
    listing = Listing(path="/", name=_("Upcoming events")).for_reading()
    context = {
        "lead": upcoming.in_brief().lead(),
        "listing": listing,
        "formats": FORMATS,
        "page": listing.page(15),
        "promoted": upcoming.promoted().in_brief()[:4],
        "latest": upcoming.newest_posts().in_brief()[:5],
        "collectives": Collective.objects.visible().posting(Event.objects.visible().upcoming()).featured_first()[:8],
        "week": week_strip(listing),
    }
    return render(request, "events/home.html", context)


def coming(request: HttpRequest, listing: Listing, suffix: str) -> HttpResponse:
    """A list of what is on soon, under the strip of the next seven days."""
    listing = asked_for(request, listing)
    return answer(request, listing, suffix, "events/index.html", week=lambda: week_strip(listing))


@a_list
def index(request: HttpRequest, suffix: str = "") -> HttpResponse:
    return coming(request, Listing(path="/events", name=_("Upcoming events")), suffix)


@a_list
def today(request: HttpRequest, suffix: str = "") -> HttpResponse:
    day = timezone.localdate()
    return coming(request, of_days(day, day, path="/events/today", name=_("Today"), when=_("today")), suffix)


@a_list
def this_evening(request: HttpRequest, suffix: str = "") -> HttpResponse:
    return coming(request, tonight(path="/events/tonight", name=_("Tonight")), suffix)


@a_list
def this_weekend(request: HttpRequest, suffix: str = "") -> HttpResponse:
    return coming(request, weekend(path="/events/weekend", name=_("This weekend")), suffix)


@a_list
def next_days(request: HttpRequest, suffix: str = "") -> HttpResponse:
    first = timezone.localdate()
    listing = of_days(
        first,
        first + timedelta(days=6),
        path="/events/next",
        name=_("The next seven days"),
        when=_("in the next seven days"),
    )
    return coming(request, listing, suffix)


@a_list
def ongoing(request: HttpRequest, suffix: str = "") -> HttpResponse:
    listing = Listing(path="/events/ongoing", name=_("Ongoing"), span=Span.ONGOING, when=_("ongoing"))
    return answer(request, asked_for(request, listing), suffix, "events/list.html")


@a_list
def archive(request: HttpRequest, suffix: str = "") -> HttpResponse:
    listing = Listing(path="/events/archive", name=_("Archive"), span=Span.PAST, when=_("in the archive"))
    return answer(
        request, asked_for(request, listing), suffix, "events/archive.html", years=Event.objects.visible().years
    )


@a_list
def of_status(request: HttpRequest, status: str, name: str, suffix: str = "") -> HttpResponse:
    """A list that moderators made: what is coming up first, then what was."""
    listing = Listing(path=f"/events/{status}", name=name, span=Span.ALL, fixed=Filters(status=status))
    return answer(request, asked_for(request, listing), suffix, "events/list.html")


def featured(request: HttpRequest, suffix: str = "") -> HttpResponse:
    return of_status(request, "featured", _("Featured events"), suffix=suffix)


def promoted(request: HttpRequest, suffix: str = "") -> HttpResponse:
    return of_status(request, "promoted", _("Promoted events"), suffix=suffix)


@a_list
def year(request: HttpRequest, year: int, suffix: str = "") -> HttpResponse:
    first, last = date(year, 1, 1), date(year, 12, 31)
    listing = asked_for(request, of_days(first, last, path=year_address(year), name=str(year), when=str(year)))
    if suffix:
        return answer(request, listing, suffix, "")
    counts = listing.within.count_by_month(year)
    previous, following = listing.nearest_days()
    context = {
        **context_of(listing),
        "months": [(date(year, month, 1), counts.get(month, 0)) for month in range(1, 13)],
        "most": max(counts.values(), default=0),
        "number": sum(counts.values()),
        "previous": previous,
        "next": following,
        "today": timezone.localdate(),
    }
    return render(request, "events/year.html", context)


def of_month(year: int, month: int) -> Listing:
    first = date(year, month, 1)
    name = date_format(first, "F Y")
    return of_days(first, last_day(year, month), path=month_address(first), name=name, when=name)


@a_list
def month(request: HttpRequest, year: int, month: int, suffix: str = "") -> HttpResponse:
    first, last = date(year, month, 1), last_day(year, month)
    listing = asked_for(request, of_month(year, month))
    if suffix:
        return answer(request, listing, suffix, "")
    shown = listing.within.first_of_each_day(4).only("title", "date", "end_date", "moderation_status", "event_status")
    previous, following = listing.nearest_days()
    context = {
        **context_of(listing),
        "first": first,
        "weeks": month_grid(year, month, shown, listing.within.count_by_day(first, last)),
        "page": Page(ongoing=list(listing.for_reading().beside()[:BESIDE])),
        "previous": previous,
        "next": following,
        "today": timezone.localdate(),
    }
    return render(request, "events/month.html", context)


@require_safe
def this_month(request: HttpRequest) -> HttpResponse:
    return redirect(month_address(timezone.localdate()))


def of_week(year: int, week: int) -> Listing:
    """The days of an ISO 8601 week. Raises Http404 where the year has no such week."""
    try:
        first = week_start(year, week)
    except ValueError:
        raise Http404 from None
    last = first + timedelta(days=6)
    name = _("Week %(week)s, %(days)s") % {"week": week, "days": days_in_words(first, last)}
    when = _("week %(week)s of %(year)s") % {"week": week, "year": year}
    return of_days(first, last, path=week_address(first), name=name, when=when)


@a_list
def week(request: HttpRequest, year: int, week: int, suffix: str = "") -> HttpResponse:
    listing = asked_for(request, of_week(year, week))
    first = week_start(year, week)
    return answer(request, listing, suffix, "events/week.html", first=first, nearest=listing.nearest_days)


@a_list
def day(request: HttpRequest, year: int, month: int, day: int, suffix: str = "") -> HttpResponse:
    try:
        held_on = date(year, month, day)
    except ValueError:
        raise Http404 from None
    name = date_format(held_on, "l j F Y")
    listing = asked_for(request, of_days(held_on, held_on, path=day_address(held_on), name=name, when=name))
    return answer(request, listing, suffix, "events/day.html", held_on=held_on, nearest=listing.nearest_days)


@a_list
def series(request: HttpRequest, pk: int, suffix: str = "") -> HttpResponse:
    """The dates of a series that everybody may see: what is coming up, then page by page what was."""
    # Not by the number itself, which may be one that no database knows.
    dates = Event.objects.visible().filter(event_group__in=EventGroup.objects.filter(pk=pk))
    latest = dates.filter(date__isnull=False).order_by("-date", "-id").first()
    if latest is None:
        raise Http404
    listing = asked_for(request, Listing(path=f"/series/{pk}", name=latest.title, span=Span.ALL, events=dates))
    return answer(request, listing, suffix, "events/series.html", series=lambda: EventGroup.objects.get(pk=pk))


@a_list
def term(request: HttpRequest, kind: str, slug: str, suffix: str = "") -> HttpResponse:
    """What is on with a tag or in an area, and what was."""
    model, heading = TERMS[kind]
    found = get_object_or_404(model.objects.of_some(Event.objects.visible()), slug=slug)
    fixed = Filters(tags=(found,)) if kind == "tag" else Filters(area=found)
    listing = Listing(path=found.get_absolute_url(), name=found.name, span=Span.ALL, fixed=fixed)
    return answer(request, asked_for(request, listing), suffix, "events/term.html", term=found, heading=heading)


@a_list
def venue(request: HttpRequest, slug: str, suffix: str = "") -> HttpResponse:
    found = get_object_or_404(Venue.objects.of_some(Event.objects.visible()), slug=slug)
    listing = Listing(path=found.get_absolute_url(), name=str(found), span=Span.ALL, fixed=Filters(place=found))
    return answer(request, asked_for(request, listing), suffix, "events/venue.html", venue=found)


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """All topics and areas that something visible has, with how much is coming up soon."""
    visible = Event.objects.visible()
    context = {
        "tags": Tag.objects.of_some(visible)[:MOST_TERMS].counted_in(visible.soon()),
        "areas": Area.objects.of_some(visible)[:MOST_TERMS].counted_in(visible.soon()),
    }
    return render(request, "events/terms.html", context)


@require_safe
def areas(request: HttpRequest) -> HttpResponse:
    return redirect(reverse("events:terms") + "#areas")


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """Every subscription, explained for people."""
    visible = Event.objects.visible()
    upcoming = Listing(path="/events", name=_("Upcoming events"))
    groups = Collective.objects.visible().posting(visible.upcoming()).featured_first()[:OFFERED]
    offered: list[tuple[Any, Any]] = [
        (_("Topics"), Tag.objects.of_these(visible.soon())[:OFFERED]),
        (_("Areas"), Area.objects.of_these(visible.soon())[:OFFERED]),
        (_("Groups"), groups),
    ]
    context = {
        "listing": upcoming,
        "calendar": upcoming.url("ics"),
        "posted": upcoming.narrowed(Filters(order="posted")).url("atom"),
        "programme": settings.SITE_URL + "/events/next.txt",
        "data": upcoming.url("json"),
        "choices": [
            (heading, [Listing(path=each.get_absolute_url(), name=each.name) for each in found])
            for heading, found in offered
        ],
    }
    return render(request, "events/feeds.html", context)


@a_list
def search(request: HttpRequest, suffix: str = "") -> HttpResponse:
    listing = asked_for(request, Listing(path="/search", name=_("Search"), span=Span.SEARCH))
    if listing.chosen.q:
        return answer(request, listing, suffix, "events/search.html", best_matches=BEST_MATCHES)
    page = functools.partial(render, request, "events/search.html", context_of(listing))
    return refusal(request, suffix, 400, [_("Say what to look for: q=word.")], page) if suffix else page()


@a_list
def group(request: HttpRequest, slug: str, suffix: str = "") -> HttpResponse:
    """The page of a group, with what it has coming up and what it did, and the same for other programs."""
    # A frame knows no account.
    groups = Collective.objects.visible() if suffix == EMBED else Collective.objects.visible_to(request.user)
    found = groups.filter(slug=slug).first()
    if found is None:
        return gone(request, get_object_or_404(Collective.objects.once_public(), slug=slug), suffix)
    listing = Listing(path=found.get_absolute_url(), name=found.name, span=Span.ALL, fixed=Filters(group=found))
    listing = asked_for(request, listing)
    if suffix and suffix != EMBED:
        return export_list(request, listing, suffix, about={"group": collective_json(found)})
    is_known = request.user.is_authenticated
    return answer(
        request,
        listing,
        suffix,
        "collectives/detail.html",
        # Its XML is the group itself.
        listing_formats={suffix: wanted for suffix, wanted in FORMATS.items() if suffix != "xml"},
        collective=found,
        membership=lambda: found.memberships.filter(user=request.user).first() if is_known else None,
        can_edit=lambda: is_known and found.can_be_edited_by(request.user),
        bar=lambda: bar_for(found, request.user),
        moderate_url=reverse("collectives:moderate", args=[slug]),
    )


def week_strip(listing: Listing) -> list[tuple[date, int]]:
    """The next seven days, and how many events begin on each that pass what narrows `listing` down."""
    today = timezone.localdate()
    days = [today + timedelta(days=number) for number in range(7)]
    of_week = replace(listing, begins=start_of(days[0]), ends=start_of(days[-1] + timedelta(days=1)))
    counts = of_week.within.count_by_day(days[0], days[-1])
    return [(day, counts.get(day, 0)) for day in days]


def days_in_words(first: date, last: date) -> str:
    """Two days and those between them, with what they have in common said once."""
    if first.year != last.year:
        start = date_format(first, "j F Y")
    elif first.month != last.month:
        start = date_format(first, "j F")
    else:
        start = date_format(first, "j")
    return _("%(first)s to %(last)s") % {"first": start, "last": date_format(last, "j F Y")}
