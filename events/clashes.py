"""What else is on a day that somebody thinks of, and which days near it are quieter."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from events.calendar import neighbour_day
from events.models import Event

SHOWN = 6
DAYS_AROUND = (-3, -2, -1, 1, 2, 3)


@dataclass(frozen=True)
class DayNearby:
    date: date
    count: int
    is_quietest: bool


@dataclass(frozen=True)
class Clash:
    """The events of a day: those that share a tag or an area, or else the first ones; how many more there are."""

    date: date
    shown: list[Event]
    are_alike: bool
    others: int
    nearby: list[DayNearby]


def clash_on(day: date, tags: Collection[str], areas: Collection[str], *, but: int | None = None) -> Clash:
    """What everybody may see of `day`. `tags` and `areas` are slugs; the event `but` is left out. Three queries."""
    events = Event.objects.visible().between(day, day).exclude(pk=but)
    brief = events.only("title", "date", "end_date", "place", "moderation_status", "event_status")
    shown = []
    if tags or areas:
        shown = list(brief.filter(Q(tags__slug__in=tags) | Q(areas__slug__in=areas)).distinct()[:SHOWN])
    are_alike = bool(shown)
    shown = shown or list(brief[:SHOWN])
    nearby = [there for step in DAYS_AROUND if (there := neighbour_day(day, step))]
    counts = Event.objects.visible().exclude(pk=but).count_by_day(min(*nearby, day), max(*nearby, day))
    here = counts.get(day, 0)
    to_come = [there for there in nearby if there >= timezone.localdate()]
    least = min((counts.get(there, 0) for there in to_come), default=0)
    return Clash(
        day,
        shown,
        are_alike,
        here - len(shown),
        [
            DayNearby(there, count := counts.get(there, 0), is_quietest=count == least and count < here)
            for there in to_come
        ],
    )
