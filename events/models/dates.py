"""What an event is as a date of a series: which others there are, and how a change of one becomes theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events import recurrence
from events.models.series import EventGroup
from moderation.models import QueueEntry, Screened, is_moderator

_TIMES = ("date", "end_date")


@dataclass(frozen=True)
class Neighbours:
    """The place of a date in its series, and the visible dates beside it."""

    series: EventGroup
    number: int
    total: int
    previous: Any
    next: Any

    @property
    def words(self) -> str:
        return self.series.in_words()


class SeriesDate(Screened):
    """A post that may be one of the dates of a series."""

    date = models.DateTimeField(_("starts"), null=True)
    end_date = models.DateTimeField(_("ends"), null=True, blank=True)
    event_group = models.ForeignKey(
        EventGroup,
        verbose_name=_("series"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="events",
    )
    # The instant that the rule of its series gave, whenever it takes place now.
    recurrence_id = models.DateTimeField(null=True, editable=False)
    # Changed by hand, so no model for the dates to come.
    is_detached = models.BooleanField(default=False, editable=False)

    # What every kind of event with dates has.
    event_status: Any
    status_note: Any
    attachments: Any

    # What a new date takes over, and what it is given when it is saved.
    carried_fields: Sequence[str] = ()
    carried_relations: Sequence[str] = ()

    class Meta(Screened.Meta):
        abstract = True

    @property
    def until(self) -> datetime | None:
        return self.end_date or self.date

    @property
    def is_over(self) -> bool:
        return self.until is not None and self.until < timezone.now()

    def siblings(self, scope: str) -> list[Any]:
        """The dates of the series: this one (`this`), this and the following ones (`following`), or `all`."""
        if self.event_group_id is None or scope not in ("following", "all"):
            return super().siblings(scope)
        series = type(self).objects.filter(event_group=self.event_group_id)
        if scope == "following" and self.date:
            series = series.filter(date__gte=self.date)
        return list(series.order_by("pk"))

    def in_scope(self, scope: str, *, by: Any) -> list[Self]:
        """Those of `siblings` that `by` may edit or withdraw."""
        return [date for date in self.siblings(scope) if is_moderator(by) or date.may_be_kept_by(by)]

    def keeps_all(self, scope: str, *, by: Any) -> bool:
        """Whether every date of `scope` is one of theirs: the rule that gives these is not for others to change."""
        return len(self.in_scope(scope, by=by)) == len(self.siblings(scope))

    def withdraw_dates(self, scope: str, *, by: Any) -> None:
        """Withdraws the dates of `scope` that are there; the series ends before what was withdrawn to its end."""
        with transaction.atomic():
            ends = scope == "following" and self.keeps_all(scope, by=by)
            for date in self.siblings(scope):
                if date.may_be_kept_by(by) and not date.is_taken_down:
                    date.withdraw(by=by)
            if ends and self.event_group and self.date:
                self.event_group.end_on(timezone.localdate(self.recurrence_id or self.date) - timedelta(days=1))
        self._reread()

    def restore_dates(self, scope: str, *, by: Any) -> None:
        """Puts back the withdrawn dates of `scope`. A rule that had ended before them ends after them now."""
        with transaction.atomic():
            back = [date for date in self.siblings(scope) if date.may_be_restored_by(by)]
            for date in back:
                date.restore(by=by)
            if self.event_group:
                self.event_group.reach([date.recurrence_id for date in back if date.recurrence_id])
        self._reread()

    def neighbours(self) -> Neighbours | None:
        """Where this date stands among the visible ones of its series; None when it is the only one."""
        series = self.event_group
        if series is None or self.date is None:
            return None
        dates = (
            type(self)
            .objects.visible()
            .filter(event_group=series)
            .exclude(pk=self.pk)
            .only("date")
            .order_by("date", "id")
        )
        others = list(dates.filter(date__isnull=False).only("date").order_by("date", "id"))
        before = [each for each in others if (each.date, each.pk) < (self.date, self.pk)]
        after = others[len(before) :]
        if not others:
            return None
        return Neighbours(series, len(before) + 1, len(others) + 1, *before[-1:] or [None], *after[:1] or [None])

    def copy_to(self, starts: datetime) -> Self:
        """The same event at the wall time `starts`, not saved. The one place that says what a new date takes over;
        `give_relations` adds the rest once it is saved.
        """
        copy = type(self)(**{name: getattr(self, name) for name in self.carried_fields})
        copy.move_to(starts, like=self)
        return copy

    def give_relations(self, dates: Sequence[Self]) -> None:
        """Gives saved dates the tags and areas of this one, and what it shows."""
        self.attachments.model.objects.copy(self, dates)
        for name in self.carried_relations:
            field: Any = self._meta.get_field(name)
            of_event, of_other = field.m2m_field_name() + "_id", field.m2m_reverse_field_name() + "_id"
            keys = list(getattr(self, name).values_list("pk", flat=True))
            field.remote_field.through.objects.bulk_create(
                field.remote_field.through(**{of_event: date.pk, of_other: key}) for date in dates for key in keys
            )

    def move_to(self, starts: datetime, *, like: Self) -> None:
        """Starts at the wall time `starts`, and ends by the clock as `like` does."""
        self.date, self.end_date = recurrence.at(starts), None
        if (length := like._length) is not None:
            # Where the clocks go forward between the two, the end may come before the start.
            self.end_date = max(self.date, recurrence.at(starts + length))

    def save_alike(self, dates: list[Self]) -> list[Self]:
        """Saves new dates that say what this one says, with its tags and areas, in a few queries."""
        saved: list[Self] = type(self).objects.save_like(self, dates)
        self.give_relations(saved)
        return saved

    def worth(self, name: str) -> Any:
        """What stands in a field, to be compared; of a relation the keys."""
        if name == "attachments":
            return list(self.attachments.values_list("name", "title", "position"))
        if self._meta.get_field(name).many_to_many:
            return frozenset(getattr(self, name).values_list("pk", flat=True))
        return getattr(self, name)

    def spread(self, before: dict[str, Any], scope: str, *, by: Any) -> None:
        """Gives the other dates of `scope` what was changed on this one; `before` has what stood in these fields.

        A field that was changed by hand on a date stays as it is there, and what was taken down is left alone. The
        times of dates that are over stay; the others move by as much as this one did. Call it in the transaction of
        the change. Raises CannotMove.
        """
        scoped = self.in_scope(scope, by=by)
        others = [each for each in scoped if each.pk != self.pk and not each.is_taken_down]
        was = type(self)(**{name: before.get(name, getattr(self, name)) for name in ("date", "end_date")})
        coming = [each for each in others if each.date and not each.is_over]
        moves_rule = scope != "this" and was.date != self.date and len(scoped) == len(self.siblings(scope))
        if moves_rule and self.event_group and self.date and was.date:
            starts = recurrence.wall(self.date)
            days = (starts.date() - recurrence.wall(was.date).date()).days
            self.event_group.move([self, *coming], days=days, clock=starts.time())
        is_moved = any(getattr(self, name) != getattr(was, name) for name in _TIMES)
        entry = QueueEntry.objects.of(self).first()
        for each in others:
            followed = [name for name, old in before.items() if name not in _TIMES and each.worth(name) == old]
            moves = is_moved and each in coming and each._follow_times(self, was)
            if followed or moves:
                each._follow(self, followed, by=by, entry=entry)

    def spread_status(self, scope: str, *, by: Any) -> None:
        """Says of the other dates of `scope` that are to come what was said of this one: cancelled, postponed, or on.

        A series of which the rest is off is not continued until it is on again. Call it in the transaction of the
        change.
        """
        entry = QueueEntry.objects.of(self).first()
        for each in self.in_scope(scope, by=by):
            if each.pk != self.pk and not each.is_over and not each.is_taken_down:
                each.event_status, each.status_note = self.event_status, self.status_note
                if each._says_what(self):
                    each.stands_behind = entry
                each.revise(by=by)

    def _follow_times(self, other: Self, was: Self) -> bool:
        """Moves as `other` did, which was at the times of `was`, if this one was at the same hours."""
        assert self.date is not None
        assert other.date is not None
        assert was.date is not None
        mine, its, then = recurrence.wall(self.date), recurrence.wall(other.date), recurrence.wall(was.date)
        if mine.time() != then.time() or self._length != was._length:
            return False
        self.move_to(datetime.combine(mine.date() + (its.date() - then.date()), its.time()), like=other)
        return True

    @property
    def _length(self) -> timedelta | None:
        """How long it takes by the clock."""
        return recurrence.wall(self.end_date) - recurrence.wall(self.date) if self.date and self.end_date else None

    def _follow(self, other: Self, names: list[str], *, by: Any, entry: QueueEntry | None) -> None:
        """Takes over fields of `other`, whose place in the queue is `entry`."""
        relations = [name for name in names if name in self.carried_relations]
        columns = {field.name for field in self._meta.fields}
        for name in set(names) - set(relations):
            for column in {name, f"{name}_source"} & columns:
                setattr(self, column, getattr(other, column))

        def save_related() -> None:
            for name in relations:
                getattr(self, name).set(getattr(other, name).all())
            if "attachments" in names:
                self.attachments.model.objects.copy(other, [self])
            if self._says_what(other):
                self.stands_behind = entry

        self.revise(by=by, save_related=save_related)

    def _says_what(self, other: Self) -> bool:
        """Whether both say the same, apart from when it is."""
        mine, its = self.content(), other.content()
        return all(mine[name] == its[name] for name in mine if name not in _TIMES)
