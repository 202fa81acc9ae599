"""The addresses of a list."""

from datetime import date, datetime

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events import calendar
from events.listing import Listing
from events.models import Event
from events.paging import Cursor

register = template.Library()


@register.filter
def address(listing: Listing, suffix: str) -> str:
    """That of a format of the list."""
    return listing.address(suffix)


@register.filter
def after(listing: Listing, cursor: Cursor) -> str:
    """That of its page after a cursor."""
    return listing.address(after=cursor)


@register.filter
def webcal(listing: Listing) -> str:
    """What opens the calendar program of a device to subscribe to the list."""
    return "webcal:" + listing.url("ics").partition(":")[2]


@register.filter
def week_address(day: date) -> str:
    """That of the ISO week that `day` is in."""
    return calendar.week_address(day)


@register.filter
def clock(event: Event) -> str:
    """When it begins on its day: the hour, or that it takes all of the day."""
    if event.date is None:
        return ""
    return _("All day") if event.is_all_day else date_format(calendar.local(event.date), "H:i")


@register.filter(expects_localtime=True)
def iso(moment: datetime) -> str:
    """As the `datetime` of a time, which HTML takes to the millisecond: rows say it by the dozen, `|date` takes ten
    times as long.
    """
    return moment.isoformat(timespec="minutes")
