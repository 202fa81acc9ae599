"""Pages of one event or group, and their formats."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from collectives.models import Collective
from events import rails_xml
from events.calendar import FIRST_YEAR, LAST_YEAR
from events.models import Event
from events.serializers import collective_attributes, event_record, to_json_ld
from events.views.comments import comments_on_page
from events.views.embedding import embed
from events.views.exports import EMBED, export_event, export_post, gone
from events.views.lists import year
from moderation.deeds import bar_for


@require_safe
def detail(request: HttpRequest, pk: int, suffix: str = "") -> HttpResponse:
    """An event. A number that no event has may be meant as a year."""
    events = Event.objects.all() if suffix == "xml" else Event.objects.for_export()
    event = events.visible_to(request.user).filter(pk=pk).first()
    if event is None:
        hidden = Event.objects.once_public().filter(pk=pk).first()
        if hidden is None and FIRST_YEAR <= pk <= LAST_YEAR:
            return year(request, pk, suffix=suffix)
        if hidden is None:
            raise Http404
        return gone(request, hidden, suffix)
    if suffix:
        return export_event(request, event, suffix)
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
def embedded(request: HttpRequest, pk: int) -> HttpResponse:
    """One event in a frame of another site, as everybody sees it: a frame knows no account."""
    event = Event.objects.visible().filter(pk=pk).first()
    if event is None:
        return gone(request, get_object_or_404(Event.objects.once_public(), pk=pk), EMBED)
    return embed(request, [event], event.title or _("Untitled"), event.get_absolute_url())


@require_safe
def group_xml(request: HttpRequest, **lookup: Any) -> HttpResponse:
    collective = Collective.objects.visible_to(request.user).filter(**lookup).first()
    if collective is None:
        return gone(request, get_object_or_404(Collective.objects.once_public(), **lookup), "xml")
    document = rails_xml.document("collective", collective_attributes(collective))
    return export_post(request, document, "xml", collective)


@require_safe
def group_by_id(request: HttpRequest, pk: int, suffix: str) -> HttpResponse:
    """Hyperactive's number of a group leads to its name, in the same format."""
    collective = Collective.objects.visible_to(request.user).filter(pk=pk).first()
    if collective is None:
        return gone(request, get_object_or_404(Collective.objects.once_public(), pk=pk), suffix)
    return redirect("events:group", collective.slug, suffix, permanent=True)
