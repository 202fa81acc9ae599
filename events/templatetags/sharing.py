"""How an event is announced where only a line is shown."""

from collections.abc import Sequence

from django import template
from django.utils.formats import date_format
from django.utils.text import Truncator

from events.calendar import local
from events.models import Event
from events.templatetags.listing import clock
from events_site.sanitizing import plain_text, printable

register = template.Library()


@register.filter
def in_a_line(event: Event) -> str:
    """Whether, when and where it takes place, and how its summary begins. Plain text, about 250 letters."""
    parts = [
        str(event.get_event_status_display()) if event.is_off else "",
        f"{date_format(local(event.date), 'l j F Y')}, {clock(event)}" if event.date else "",
        Truncator(printable(event.place)).chars(80),
        Truncator(plain_text(event.summary)).chars(140),
    ]
    return " · ".join(part for part in parts if part)


@register.filter
def first_titles(events: Sequence[Event]) -> str:
    """How a list of events begins. Plain text, at most 200 letters."""
    titles = (printable(event.title) for event in events[:4])
    return Truncator(" · ".join(filter(None, titles))).chars(200)
