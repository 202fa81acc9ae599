"""What another site needs to show an event that somebody linked there (oembed.com)."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.models import Event
from events.views.exports import gone
from events_site.headers import for_machines
from events_site.sanitizing import printable

WIDTH, HEIGHT = 600, 240  # pixels, unless less is asked for
CACHE_SECONDS = 3600


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """The event at `?url=` as JSON or XML. The address is only taken apart: nothing is fetched from anywhere."""
    suffix = request.GET.get("format", "json")
    if suffix not in ("json", "xml"):
        return for_machines(HttpResponse(_("The formats are json and xml."), "text/plain", status=501), index=False)
    pk = _event_at(request.GET.get("url", ""))
    event = Event.objects.visible().select_related("collective").filter(pk=pk).first()
    if event is None:
        return gone(request, get_object_or_404(Event.objects.once_public(), pk=pk), suffix)
    values = _described(event, _at_most(request, "maxwidth", WIDTH), _at_most(request, "maxheight", HEIGHT))
    if suffix == "xml":
        answer = render(request, "events/oembed.xml", {"values": values}, content_type="text/xml; charset=utf-8")
    else:
        answer = JsonResponse(values)
    return for_machines(answer, index=False)


def _event_at(url: str) -> int:
    """The number of the event whose page has this address. Raises Http404."""
    if not url.startswith(f"{settings.SITE_URL}/"):
        raise Http404
    try:
        found = resolve(urlsplit(url.removeprefix(settings.SITE_URL)).path)
    except (Resolver404, ValueError):
        raise Http404 from None
    if found.view_name != "events:detail" or "suffix" in found.kwargs:
        raise Http404
    return int(found.kwargs["pk"])


def _at_most(request: HttpRequest, name: str, usual: int) -> int:
    """`usual`, or less where the other site has less room."""
    asked = request.GET.get(name, "")
    return min(usual, int(asked)) if asked.isascii() and asked.isdecimal() and 0 < len(asked) < 6 else usual


def _described(event: Event, width: int, height: int) -> dict[str, Any]:
    title = printable(event.title) or _("Untitled")
    frame = {
        "address": settings.SITE_URL + reverse("events:embed", args=[event.pk]),
        "title": title,
        "width": width,
        "height": height,
    }
    group = event.shown_collective
    values = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "author_name": printable(group.name if group else event.published_by),
        "author_url": settings.SITE_URL + group.get_absolute_url() if group else "",
        "provider_name": settings.SITE_NAME,
        "provider_url": settings.SITE_URL,
        "cache_age": CACHE_SECONDS,
        "html": render_to_string("events/_frame.html", frame).strip(),
        "width": width,
        "height": height,
    }
    return {name: value for name, value in values.items() if value != ""}
