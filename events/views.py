"""Pages of the calendar, their formats, and publishing."""

from datetime import date, datetime, timedelta
from hashlib import md5
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.formats import date_format
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from collectives.models import Collective
from events import rails_xml
from events.calendar import last_day, month_grid, neighbour, neighbour_day
from events.forms import EventForm, PublishForm
from events.models import Event, EventQuerySet
from events.paging import Page
from events.serializers import collective_attributes, event_attributes, event_record, to_ics
from events_site.headers import for_machines
from events_site.sanitizing import printable
from moderation.deeds import bar_for
from moderation.models import Moderated
from moderation.views import gone_page

receipts = signing.Signer(salt="events.posted")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    upcoming = Event.objects.visible().upcoming()
    context = {
        "lead": upcoming.for_listing().lead(),
        "page": upcoming.for_listing().page(size=15),
        "promoted": upcoming.promoted().in_brief()[:4],
        "latest": upcoming.newest_posts().in_brief()[:5],
        "collectives": Collective.objects.visible().posting(Event.objects.visible().upcoming())[:8],
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
    shown = events.first_of_each_day(4).only("title", "date", "moderation_status")
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
    events = Event.objects.select_related("collective")
    event = events.visible_to(request.user).filter(pk=pk).first()
    if event is None:
        return gone(request, get_object_or_404(Event.objects.once_public(), pk=pk), suffix)
    if suffix == "xml":
        return xml_answer(request, rails_xml.document("event", event_attributes(event)), event)
    if suffix == "ics":
        return ics_answer(request, to_ics([event_record(event)], event.title), event)
    context = {
        "event": event,
        "can_edit": request.user.is_authenticated and event.can_be_edited_by(request.user),
        "bar": bar_for(event, request.user),
        "moderate_url": reverse("events:moderate", args=[pk]),
    }
    return render(request, "events/detail.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """An author takes a post down, or puts back what they took down. A moderator's hiding is not theirs to undo."""
    event = get_object_or_404(Event, pk=pk)
    down = event.is_hidden and not event.is_held
    if not event.may_be_kept_by(request.user) or (down and not event.may_be_restored_by(request.user)):
        raise Http404
    if request.method == "POST":
        # The form says what it was for, so that a second press does not do the opposite.
        if request.POST.get("do") == "restore" and down:
            event.restore(by=request.user)
        elif request.POST.get("do") == "withdraw" and not down:
            event.withdraw(by=request.user)
        return redirect("collectives:account")
    return render(request, "events/withdraw.html", {"event": event, "down": down})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = PublishForm(typed(request), user=request.user)
    if form.is_valid() and "preview" not in request.POST:
        return redirect("events:posted", receipts.sign_object(form.publish().pk))
    return render(request, "events/create.html", {"form": form, "preview": preview_of(form)})


@never_cache
@require_safe
def posted(request: HttpRequest, token: str) -> HttpResponse:
    """The receipt, under an address that only the person who posted knows."""
    try:
        pk = receipts.unsign_object(token)
    except signing.BadSignature:
        raise Http404 from None
    event = get_object_or_404(Event, pk=pk)
    return render(request, "events/posted.html", {"event": event})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def update(request: HttpRequest, pk: int) -> HttpResponse:
    event = get_object_or_404(Event.objects.editable_by(request.user), pk=pk)
    form = EventForm(typed(request), instance=event, user=request.user)
    if form.is_valid() and "preview" not in request.POST:
        return redirect(form.save())
    return render(request, "events/update.html", {"form": form, "event": event, "preview": preview_of(form)})


@require_safe
def group_xml(request: HttpRequest, **lookup: Any) -> HttpResponse:
    collective = Collective.objects.visible_to(request.user).filter(**lookup).first()
    if collective is None:
        return gone(request, get_object_or_404(Collective.objects.once_public(), **lookup), "xml")
    return xml_answer(request, rails_xml.document("collective", collective_attributes(collective)), collective)


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


def typed(request: HttpRequest) -> QueryDict | None:
    """What was sent, though it be nothing at all; None when the form is only asked for."""
    return request.POST if request.method == "POST" else None


def preview_of(form: EventForm) -> Event | None:
    """The event as it would look, not saved; None while there is something to put right."""
    return form.instance if "preview" in form.data and form.is_valid() else None


def export_list(request: HttpRequest, page: Page, suffix: str, title: str, route: str, *args: Any) -> HttpResponse:
    """A page of a list in another format; the next page is named in the Link header."""
    if suffix == "xml":
        records = [{"element": "event", "attributes": event_attributes(event)} for event in page.events]
        response = HttpResponse(rails_xml.collection(records, root="events"), rails_xml.CONTENT_TYPE)
    else:
        response = HttpResponse(to_ics(map(event_record, page.events), title), "text/calendar; charset=utf-8")
    if page.next:
        response["Link"] = f'<{reverse(route, args=[*args, suffix])}?after={page.next}>; rel="next"'
    return validated(request, response)


def xml_answer(request: HttpRequest, document: bytes, post: Moderated) -> HttpResponse:
    return validated(request, HttpResponse(document, rails_xml.CONTENT_TYPE), post.updated_on)


def ics_answer(request: HttpRequest, calendar: bytes, post: Moderated) -> HttpResponse:
    return validated(request, HttpResponse(calendar, "text/calendar; charset=utf-8"), post.updated_on)


def validated(request: HttpRequest, response: HttpResponse, updated_on: datetime | None = None) -> HttpResponse:
    """Adds the validators of an export, and answers 304 when the client has it already.

    The ETag is the MD5 of the body in double quotes, as the original site sent it. Only a single record has a time of
    last change: that of a list would go back when its newest post is hidden.
    """
    etag = quote_etag(md5(response.content, usedforsecurity=False).hexdigest())
    response["ETag"] = etag
    changed = int(updated_on.timestamp()) if updated_on else None
    if changed is not None:
        response["Last-Modified"] = http_date(changed)
    # A 304 needs the headers too: caches and browsers put them in the place of those that they stored.
    return for_machines(get_conditional_response(request, etag, changed, response) or response, index=False)


def gone(request: HttpRequest, post: Moderated, suffix: str) -> HttpResponse:
    """This post was taken down: by whom and the public reason, in the format that was asked for."""
    if not suffix:
        return gone_page(request, post)
    sentences = [str(post.hiding_sentence)]
    if post.public_reason:
        sentences.append(_("Reason given: %(reason)s") % {"reason": printable(post.public_reason)})
    if suffix == "xml":
        return for_machines(HttpResponse(rails_xml.errors(sentences), rails_xml.CONTENT_TYPE, status=410))
    return for_machines(HttpResponse("\n".join([*sentences, ""]), "text/plain; charset=utf-8", status=410))
