"""What is printed and put up: a sheet of the week or month for a notice board, and the poster of an event."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from events.calendar import by_day, last_day, week_start
from events.listing import Listing
from events.models import Event
from events.views.exports import gone
from events.views.lists import a_list, asked_for, days_in_words, of_month, of_week

# So many events and heads of days are on two sides of A4 in the smallest type.
ROOM = 126
# By that number: what fits the first of these is set largest, to be read from a metre and more.
SIZES = [7, 17, 23, 34, 80]
# A code of more letters has squares that no telephone reads from a notice board, and of over 2,300 there is none.
CODE_MAX_LENGTH = 500
# Where the title of a poster becomes a step smaller: by its letters, and by those of its longest word.
STEPS = [(16, 9), (27, 11), (46, 15), (81, 19), (138, 25), (212, 31)]


@dataclass(frozen=True)
class Address:
    """An address of this site by its path, for paper: people type it without its scheme."""

    path: str

    @property
    def url(self) -> str:
        return settings.SITE_URL + self.path

    @property
    def has_code(self) -> bool:
        return len(self.url) <= CODE_MAX_LENGTH

    @property
    def host(self) -> str:
        return settings.SITE_URL.partition("://")[2]


@a_list
def month_sheet(request: HttpRequest, year: int, month: int, suffix: str = "") -> HttpResponse:
    listing = asked_for(request, of_month(year, month))
    return sheet(request, listing, date(year, month, 1), last_day(year, month))


@a_list
def week_sheet(request: HttpRequest, year: int, week: int, suffix: str = "") -> HttpResponse:
    listing = asked_for(request, of_week(year, week))
    first = week_start(year, week)
    return sheet(request, listing, first, first + timedelta(days=6))


def sheet(request: HttpRequest, listing: Listing, first: date, last: date) -> HttpResponse:
    """A page to print: what of a list starts on the days `first` to `last`, on at most two sides of A4.

    Of days with more than there is room for it shows the beginning and what is featured, and says how many more there
    are. The QR code leads to the list in full.
    """
    events = listing.within
    is_week = (last - first).days == 6
    counts = events.count_by_day(first, last)
    share = fair_share(list(counts.values()), ROOM - len(counts))
    shown = events.first_of_each_day(share, featured_first=True).for_sheet()
    days = by_day(shown, carry=False)
    context = {
        "title": days_in_words(first, last) if is_week and not listing.is_narrowed else listing.title,
        "week": first.isocalendar().week if is_week else None,
        # An event may have come between the two queries.
        "days": [(day, max(0, counts.get(day.date, 0) - len(day.rows))) for day in days],
        "number": sum(counts.values()),
        "is_cut": any(number > share for number in counts.values()),
        "step": 1 + sum(len(days) + sum(len(day.rows) for day in days) > most for most in SIZES),
        "has_pending": any(row.event.is_pending for day in days for row in day.rows),
        "as_of": timezone.localdate(),
        "address": Address(listing.address()),
    }
    return render(request, "events/sheet.html", context)


@require_safe
def poster(request: HttpRequest, pk: int) -> HttpResponse:
    events = Event.objects.select_related("collective").prefetch_related("attachments", "areas")
    event = events.visible_to(request.user).filter(pk=pk).first()
    if event is None:
        return gone(request, get_object_or_404(Event.objects.once_public(), pk=pk), "")
    flyer = event.flyer
    step = title_step(event.title) + bool(flyer) + event.is_off
    context = {
        "event": event,
        "flyer": flyer,
        "is_wide": flyer and flyer.width > flyer.height,
        "step": step,
        "summary_length": 320 - 20 * step,
        "address": Address(event.get_absolute_url()),
    }
    return render(request, "events/poster.html", context)


def fair_share(numbers: list[int], room: int) -> int:
    """How many each of a crowd may have at most, so that all together have no more than `room`; one at least.

    >>> fair_share([1, 9, 9], 10)
    4
    """
    share = max(numbers, default=1)
    while share > 1 and sum(min(number, share) for number in numbers) > room:
        share -= 1
    return share


def title_step(title: str) -> int:
    """From 1 for the shortest titles, which are set largest, to 7. What needs room beside them adds to it."""
    longest = max(map(len, title.split()), default=0)
    return 1 + sum(len(title) > letters or longest > word for letters, word in STEPS)
