"""Events in the frames of other sites."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from events.models import Event
from events_site.headers import for_frames

THEMES = ("light", "dark")


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
