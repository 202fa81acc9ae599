"""Pages of the calendar and their formats."""

from datetime import date, timedelta
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from collectives.models import Collective
from events import rails_xml
from events.calendar import last_day, month_grid, neighbour, neighbour_day
from events.models import Event, EventGroup, EventQuerySet
from events.paging import Page
from events.serializers import collective_attributes, event_attributes, event_record, to_ics, to_json_ld
from events.views.comments import comments_on_page
from events.views.exports import export_list, gone, ics_answer, xml_answer
from moderation.deeds import bar_for


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    upcoming = Event.objects.visible().upcoming()
    context = {
        "lead": upcoming.for_listing().lead(),
        "page": upcoming.for_listing().page(size=15),
        "promoted": upcoming.promoted().in_brief()[:4],
        "latest": upcoming.newest_posts().in_brief()[:5],
        "collectives": Collective.objects.visible().posting(Event.objects.visible().upcoming()).featured_first()[:8],
        "week": week_strip(),
    }
    return render(request, "events/home.html", context)


@require_safe
def index(request: HttpRequest, suffix: str = "") -> HttpResponse:
    upcoming = Event.objects.visible().upcoming()
    page = (upcoming if suffix else upcoming.for_listing()).page(request.GET.get("after"))
    if suffix:
        return export_list(request, page, suffix, _("Upcoming events"), "events:index")
    return render(request, "events/index.html", {"page": page, "week": week_strip()})


@require_safe
def archive(request: HttpRequest, suffix: str = "") -> HttpResponse:
    past = Event.objects.visible().past()
    page = (past if suffix else past.in_brief()).page(request.GET.get("after"))
    if suffix:
        return export_list(request, page, suffix, _("Past events"), "events:archive")
    return render(request, "events/archive.html", {"page": page})


@require_safe
def featured(request: HttpRequest, suffix: str = "") -> HttpResponse:
    return chosen(request, Event.objects.visible().featured(), suffix, _("Featured events"), "events:featured")


@require_safe
def promoted(request: HttpRequest, suffix: str = "") -> HttpResponse:
    return chosen(request, Event.objects.visible().promoted(), suffix, _("Promoted events"), "events:promoted")


@require_safe
def month(request: HttpRequest, year: int, month: int, suffix: str = "") -> HttpResponse:
    first, last = date(year, month, 1), last_day(year, month)
    events = Event.objects.visible().between(first, last)
    title = date_format(first, "F Y")
    if suffix:
        page = events.page(request.GET.get("after"))
        return export_list(request, page, suffix, title, "events:month", year, month)
    shown = events.first_of_each_day(4).only("title", "date", "moderation_status", "event_status")
    context = {
        "title": title,
        "first": first,
        "weeks": month_grid(year, month, shown, Event.objects.visible().count_by_day(first, last)),
        "previous": neighbour(year, month, -1),
        "next": neighbour(year, month, 1),
        "today": timezone.localdate(),
    }
    return render(request, "events/month.html", context)


@require_safe
def this_month(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    return redirect("events:month", today.year, today.month)


@require_safe
def day(request: HttpRequest, year: int, month: int, day: int, suffix: str = "") -> HttpResponse:
    try:
        held_on = date(year, month, day)
    except ValueError:
        raise Http404 from None
    events = Event.objects.visible().between(held_on, held_on)
    page = (events if suffix else events.for_listing()).page(request.GET.get("after"))
    title = date_format(held_on, "l j F Y")
    if suffix:
        return export_list(request, page, suffix, title, "events:day", year, month, day)
    context = {
        "title": title,
        "page": page,
        "held_on": held_on,
        "previous": neighbour_day(held_on, -1),
        "next": neighbour_day(held_on, 1),
    }
    return render(request, "events/day.html", context)


@require_safe
def detail(request: HttpRequest, pk: int, suffix: str = "") -> HttpResponse:
    events = Event.objects.select_related("collective", "event_group", "venue")
    event = events.visible_to(request.user).filter(pk=pk).first()
    if event is None:
        return gone(request, get_object_or_404(Event.objects.once_public(), pk=pk), suffix)
    if suffix == "xml":
        return xml_answer(request, rails_xml.document("event", event_attributes(event)), event)
    if suffix == "ics":
        return ics_answer(request, to_ics([event_record(event)], event.title), event)
    prefetch_related_objects([event], "attachments")
    context = {
        "event": event,
        "comments": comments_on_page(request, event),
        "can_edit": request.user.is_authenticated and event.can_be_edited_by(request.user),
        "bar": bar_for(event, request.user),
        "dates": event.neighbours(),
        "moderate_url": reverse("events:moderate", args=[pk]),
        "json_ld": to_json_ld(event_record(event)) if event.is_public else {},
    }
    return render(request, "events/detail.html", context)


@require_safe
def series(request: HttpRequest, pk: int, suffix: str = "") -> HttpResponse:
    """The dates of a series that everybody may see: what is coming up, then page by page what was."""
    # Not by the number itself, which may be one that no database knows.
    dates = Event.objects.visible().filter(event_group__in=EventGroup.objects.filter(pk=pk))
    after = request.GET.get("after")
    coming = [] if after else list((dates if suffix else dates.for_listing()).upcoming()[:100])
    past = dates.past()
    page = (past if suffix else past.in_brief()).page(after)
    if not coming and not page.events:
        raise Http404
    event = [*coming, *page.events][0]
    if suffix:
        return export_list(
            request, Page([*coming, *page.events], page.after, page.next), suffix, event.title, "events:series", pk
        )
    group = EventGroup.objects.get(pk=pk)
    context = {
        "series": group,
        "event": event,
        "words": group.in_words(),
        "coming": Page(coming, None, None),
        "page": page,
    }
    return render(request, "events/series.html", context)


@require_safe
def group_xml(request: HttpRequest, **lookup: Any) -> HttpResponse:
    collective = Collective.objects.visible_to(request.user).filter(**lookup).first()
    if collective is None:
        return gone(request, get_object_or_404(Collective.objects.once_public(), **lookup), "xml")
    return xml_answer(request, rails_xml.document("collective", collective_attributes(collective)), collective)


@require_safe
def group_events(request: HttpRequest, slug: str, suffix: str) -> HttpResponse:
    """What a group has coming up, for other programs."""
    collective = Collective.objects.visible_to(request.user).filter(slug=slug).first()
    if collective is None:
        return gone(request, get_object_or_404(Collective.objects.once_public(), slug=slug), suffix)
    page = collective.events.visible().upcoming().page(request.GET.get("after"))
    return export_list(request, page, suffix, collective.name, "collectives:detail", slug)


def chosen(request: HttpRequest, events: EventQuerySet, suffix: str, title: str, route: str) -> HttpResponse:
    """A list that moderators made: what is coming up first, then page by page what was."""
    after = request.GET.get("after")
    upcoming, past = events.upcoming(), events.past()
    coming = [] if after else list((upcoming if suffix else upcoming.for_listing())[:100])
    page = (past if suffix else past.in_brief()).page(after)
    if suffix:
        return export_list(request, Page([*coming, *page.events], page.after, page.next), suffix, title, route)
    context = {"title": title, "coming": Page(coming, None, None), "page": page, "route": route}
    return render(request, "events/chosen.html", context)


def week_strip() -> list[tuple[date, int]]:
    """The next seven days and how many events begin on each."""
    today = timezone.localdate()
    days = [today + timedelta(days=number) for number in range(7)]
    counts = Event.objects.visible().count_by_day(days[0], days[-1])
    return [(day, counts.get(day, 0)) for day in days]
