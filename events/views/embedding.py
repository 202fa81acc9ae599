"""Events in the frames of other sites."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.models import Event
from events_site.headers import for_frames

THEMES = ("light", "dark")


@require_safe
def embedded(request: HttpRequest, pk: int) -> HttpResponse:
    """One event, as everybody sees it: a frame knows no account."""
    event = Event.objects.visible().filter(pk=pk).first()
    if event is None:
        gone = get_object_or_404(Event.objects.once_public(), pk=pk)
        return embed(request, [], str(gone.hiding_sentence), "/", note=gone.public_reason, status=410)
    return embed(request, [event], event.title or _("Untitled"), event.get_absolute_url())


def embed(
    request: HttpRequest, events: Sequence[Event], title: str, page_url: str, *, note: str = "", status: int = 200
) -> HttpResponse:
    """A page for the frames of other sites, with a row for each event and a link to `page_url`, a path of this site.

    It follows the reader's choice of light or dark, unless `?theme=` names one. `note` is a line below the title.
    """
    theme = request.GET.get("theme")
    context = {
        "events": events,
        "title": title,
        "page_url": settings.SITE_URL + page_url,
        "is_alone": [event.get_absolute_url() for event in events] == [page_url],
        "note": note,
        "is_refused": status >= 400,
        "theme": theme if theme in THEMES else "",
    }
    return for_frames(render(request, "events/embed.html", context, status=status))
