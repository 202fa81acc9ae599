"""Series: the dates of one repeating event."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events import recurrence
from events.recurrence import Recurrence
from moderation.models import Status

if TYPE_CHECKING:
    from events.models.events import Event


class EventGroupQuerySet(models.QuerySet):
    def make(self, rule: Recurrence) -> "EventGroup":
        group = self.model()
        group.rule = rule
        group.save()
        return group

    def to_continue(self, until: date) -> Self:
        """Series that have dates up to the day `until` still to be made, by key."""
        return self.filter(next_day__lte=until).order_by("pk")


class CannotMove(Exception):  # noqa: N818
    """Moved by so many days, the dates of a series no longer follow a rule."""


class EventGroup(models.Model):
    """The dates of one repeating event, as the format's `event-group-id` ties them. An imported one has no rule."""

    created_on = models.DateTimeField(_("posted"), default=timezone.now, editable=False)
    # The rule in RFC 5545's words, all of it in wall time: the first date, RRULE and EXDATE.
    first_day = models.DateField(null=True, editable=False)
    clock = models.TimeField(null=True, editable=False)
    rrule = models.TextField(default="", editable=False)
    exdates = models.TextField(default="", editable=False)
    # The day of the first date of the rule that is no event yet; null when there is none.
    next_day = models.DateField(null=True, editable=False)

    objects = EventGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        indexes = [
            models.Index(fields=["next_day", "id"], name="series_to_continue"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("events:series", args=[self.pk])

    @property
    def rule(self) -> Recurrence | None:
        """None when the series has none, or one that did not come from here."""
        if not self.rrule or self.first_day is None or self.clock is None:
            return None
        try:
            return Recurrence.from_rrule(self.rrule, self.exdates, datetime.combine(self.first_day, self.clock))
        except ValueError:
            return None

    @rule.setter
    def rule(self, rule: Recurrence) -> None:
        self.first_day, self.clock = rule.starts.date(), rule.starts.time()
        self.rrule, self.exdates = rule.to_rrule(), rule.to_exdates()

    def in_words(self) -> str:
        """The rule as a sentence; empty when there is none."""
        return self.rule.in_words() if self.rule else ""

    @staticmethod
    def horizon() -> date:
        """Up to which day dates are made."""
        return timezone.localdate() + timedelta(days=settings.SERIES_HORIZON_DAYS)

    def make_dates(self, first: "Event", until: date) -> list["Event"]:
        """Makes the dates after `first`, which is saved and screened, up to the day `until`: SERIES_MAX_DATES at most.

        Call it in the transaction that saved `first`. They say the same, and share its status.
        """
        assert first.date is not None
        walls = self._to_come(recurrence.wall(first.date))
        others = settings.SERIES_MAX_DATES - 1
        upcoming = list(islice(walls, others + 1))
        due = [each for each in upcoming[:others] if each.date() <= until]
        self.next_day = upcoming[len(due)].date() if len(due) < len(upcoming) else None
        self.save(update_fields=["next_day"])
        return first.save_alike([self._date_like(first, each) for each in due])

    def continue_until(self, until: date) -> list["Event"]:
        """Makes the dates up to the day `until` that are not there yet, after the model of the latest one.

        What is hidden, withdrawn, cancelled or postponed is not continued. New dates wait for review unless the
        latest one passed it as it is. Two at once make no date twice.
        """
        with transaction.atomic():
            series = EventGroup.objects.select_for_update().get(pk=self.pk)
            if series.next_day is None or series.next_day > until:
                return []
            latest = series.events.filter(is_detached=False, date__isnull=False).order_by("-date", "-pk").first()
            # What was missed while nobody continued it stays missing.
            since = max(series.next_day, timezone.localdate())
            starts = next(series._to_come(datetime.combine(since, time.min)), None)
            if latest is None or latest.is_hidden or latest.is_off:
                return []
            if starts is None:
                return series.make_dates(latest, until)
            first = series._date_like(latest, starts)
            passed = not latest.is_pending and latest.content_as_reviewed() is None
            first.moderation_status = Status.PUBLISHED if passed else Status.PENDING
            first.save()
            latest.give_relations([first])
            first.screen()
            return [first, *series.make_dates(first, until)]

    def _date_like(self, event: "Event", starts: datetime) -> "Event":
        """The date of the series at the wall time `starts`, after the model of `event`, not saved."""
        date = event.copy_to(starts)
        date.user, date.edit_link, date.admin_note = event.user, event.edit_link, event.admin_note.split("\n")[0]
        date.event_group, date.recurrence_id = self, date.date
        date.auto_moderation_checked = event.auto_moderation_checked
        return date

    def _to_come(self, after: datetime) -> Iterator[datetime]:
        """The rule's wall times from `after` on that are no events yet."""
        if (rule := self.rule) is None:
            return iter(())
        made = self.events.filter(recurrence_id__gte=recurrence.at(after)).values_list("recurrence_id", flat=True)
        there = set(made)
        return (each for each in rule.dates() if each >= after and recurrence.at(each) not in there)

    def end_on(self, day: date) -> None:
        """The rule gives no dates after `day`, and those up to it are as they are."""
        if self.rule:
            self.rule, self.next_day = self.rule.ended(day), None
            self.save()

    def reach(self, dates: list[datetime]) -> None:
        """The rule lasts until these dates at least."""
        rule = self.rule
        if rule and rule.until and dates and (last := timezone.localdate(max(dates))) > rule.until:
            self.rule = replace(rule, until=last)
            self.save()

    def move(self, dates: Sequence[Any], *, days: int, clock: time) -> None:
        """Moves the rule of `dates`, the last ones of the series, by `days` and to `clock`, not the events themselves.

        They become a series of their own, so that the sentence of either is true. When there are no others, the
        series itself is changed. Raises CannotMove when the moved dates follow no rule.
        """
        given = [(recurrence.wall(each.recurrence_id), each) for each in dates if each.recurrence_id]
        if self.rule is None or not given:
            return
        starts = min(wall for wall, _each in given)
        rule, next_day = self.moved_rule(starts, days=days, clock=clock), self.next_day
        series = self
        if self.events.exclude(pk__in=[each.pk for each in dates]).exists():
            self.end_on(starts.date() - timedelta(days=1))
            series = EventGroup()
        series.rule = rule
        series.next_day = next_day + timedelta(days=days) if next_day else None
        series.save()
        for each in dates:
            each.event_group = series
        for wall, each in given:
            each.recurrence_id = recurrence.at(datetime.combine(wall.date() + timedelta(days=days), clock))
        # One may move to where another one was.
        events = self.events.model.objects
        events.filter(pk__in=[each.pk for each in dates]).update(recurrence_id=None)
        events.bulk_update(dates, ["event_group", "recurrence_id"])

    def moved_rule(self, starts: datetime, *, days: int, clock: time) -> Recurrence:
        """The rule from its date `starts` on, `days` later and at `clock`. Raises CannotMove."""
        assert self.rule is not None
        if (rule := self.rule.continued_from(starts).moved(days, clock)) is None:
            raise CannotMove
        return rule
