"""Events that repeat: the rule that a person chooses, and for which dates of a series a change is meant."""

import re
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from events import recurrence
from events.forms.layout import Part
from events.models import Event, EventGroup
from events.recurrence import MAX_COUNT, MAX_DURATION, MAX_EVERY, MonthBy, Recurrence, Unit

DAY_FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"]
MAX_LEFT_OUT = 50
SHOWN = 10
OTHER = "other"
# What people choose most, as parts of a Recurrence. What is OTHER has fields of its own.
USUAL: dict[str, dict[str, Any]] = {
    "days": {"unit": Unit.DAYS},
    "weeks": {"unit": Unit.WEEKS},
    "two_weeks": {"unit": Unit.WEEKS, "every": 2},
    "months_day": {"unit": Unit.MONTHS, "month_by": MonthBy.DAY},
    "months_weekday": {"unit": Unit.MONTHS, "month_by": MonthBy.WEEKDAY},
    "months_last": {"unit": Unit.MONTHS, "month_by": MonthBy.LAST},
}

REPEATING = Part(
    (
        "repeat",
        "repeat_until",
        "repeat_count",
        "repeat_except",
        "repeat_every",
        "repeat_unit",
        "repeat_weekdays",
        "repeat_month_by",
    ),
    "events/_repeat.html",
    _("It repeats"),
)
SCOPE = Part(("scope",), "events/_scope_field.html")


class HowOftenField(forms.ChoiceField):
    """A usual rule by its name. Any other word for “yes” leaves the rule to the other fields."""

    def to_python(self, value: Any) -> str:
        value = super().to_python(value)
        if value.lower() in ("no", "off", "false", "0"):
            return ""
        return OTHER if value.lower() in ("on", "yes", "true", "1") else value


class UnitField(forms.ChoiceField):
    def to_python(self, value: Any) -> str:
        """One of them is as good as several."""
        value = super().to_python(value)
        return f"{value}s" if value and not value.endswith("s") else value


class DaysField(forms.CharField):
    """Days, with commas or line breaks between several."""

    def to_python(self, value: Any) -> Any:
        days = []
        # Of too many, one more than may be is read: enough to refuse them.
        for word in islice(re.finditer(r"[^,;\s]+", super().to_python(value) or ""), MAX_LEFT_OUT + 1):
            try:
                days.append(forms.DateField(input_formats=DAY_FORMATS).to_python(word[0]))
            except ValidationError:
                raise ValidationError(
                    _("“%(word)s” is no day. Write it as year-month-day, for instance 2026-12-24."),
                    params={"word": word[0][:20]},
                ) from None
        if len(days) > MAX_LEFT_OUT:
            raise ValidationError(_("Leave out at most %(limit)d days."), params={"limit": MAX_LEFT_OUT})
        return days


class RepeatFields(forms.Form):
    """A mixin for the form of a new event, which has a field `date`."""

    repeat = HowOftenField(
        label=_("How often?"),
        required=False,
        choices=[
            ("", _("It does not repeat")),
            ("days", _("Every day")),
            ("weeks", _("Every week")),
            ("two_weeks", _("Every two weeks")),
            ("months_day", _("Every month on the same date, like the 12th")),
            ("months_weekday", _("Every month on the same weekday, like the second Thursday")),
            ("months_last", _("Every month on the last weekday of its kind, like the last Friday")),
            (OTHER, _("Otherwise, as chosen below")),
        ],
        error_messages={"invalid_choice": _("Choose how often it repeats.")},
    )
    repeat_until = forms.DateField(
        label=_("Until"),
        required=False,
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("There is no such day. Write it as year-month-day, for instance 2026-06-12.")},
        help_text=_("The last day on which it may take place. Leave it empty if there is no end yet."),
    )
    repeat_count = forms.IntegerField(
        label=_("Or this many times"),
        required=False,
        min_value=1,
        max_value=MAX_COUNT,
        error_messages={
            "invalid": _("Write a number."),
            "min_value": _("It takes place once at least."),
            "max_value": _("At most %(limit_value)d times."),
        },
    )
    repeat_except = DaysField(
        label=_("Not on"),
        required=False,
        help_text=_("Days on which it is left out, with commas between several: 2026-12-24, 2026-12-31."),
    )
    repeat_every = forms.IntegerField(
        label=_("Every how many"),
        required=False,
        initial=1,
        min_value=1,
        max_value=MAX_EVERY,
        error_messages={
            "invalid": _("Write a number."),
            "min_value": _("Write 1 or more."),
            "max_value": _("At most %(limit_value)d."),
        },
    )
    repeat_unit = UnitField(
        label=_("Days, weeks or months"),
        required=False,
        initial=Unit.WEEKS,
        choices=[(Unit.DAYS, _("days")), (Unit.WEEKS, _("weeks")), (Unit.MONTHS, _("months"))],
        error_messages={"invalid_choice": _("Choose days, weeks or months.")},
    )
    repeat_weekdays = forms.TypedMultipleChoiceField(
        label=_("In weeks: on which days"),
        required=False,
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose days of the week.")},
    )
    repeat_month_by = forms.ChoiceField(
        label=_("In months: on"),
        required=False,
        initial=MonthBy.DAY,
        choices=[
            (MonthBy.DAY, _("the same date")),
            (MonthBy.WEEKDAY, _("the same weekday")),
            (MonthBy.LAST, _("the last weekday of its kind")),
        ],
        error_messages={"invalid_choice": _("Choose what stays the same.")},
    )
    recurrence: Recurrence | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts = cleaned.get("date")
        if not cleaned.get("repeat"):
            asked = ("repeat_until", "repeat_count", "repeat_except", "repeat_weekdays")
            if "repeat" in cleaned and any(cleaned.get(name) for name in asked):
                self.add_error("repeat", _("Choose how often it repeats, or empty what is below."))
        elif isinstance(starts, datetime) and not any(name in self.errors for name in REPEATING.names):
            self._clean_rule(recurrence.wall(starts))
        return cleaned

    def _clean_rule(self, starts: datetime) -> None:
        cleaned = self.cleaned_data
        until, count, left_out = cleaned["repeat_until"], cleaned["repeat_count"], cleaned["repeat_except"]
        if problem := self._problem_of_end(starts.date(), until, count):
            self.add_error(*problem)
            return
        rule = self._rule(starts, until, count)
        if problem := self._problem_of_weekdays(rule, cleaned["repeat_weekdays"]):
            self.add_error(*problem)
        elif message := self._problem_of_days(rule, left_out):
            self.add_error("repeat_except", message)
        else:
            self.recurrence = replace(rule, left_out=frozenset(left_out))

    def _rule(self, starts: datetime, until: date | None, count: int | None) -> Recurrence:
        cleaned = self.cleaned_data
        chosen = USUAL.get(cleaned["repeat"]) or {
            "unit": Unit(cleaned["repeat_unit"] or Unit.WEEKS),
            "every": cleaned["repeat_every"] or 1,
            "month_by": MonthBy(cleaned["repeat_month_by"] or MonthBy.DAY),
        }
        return Recurrence(starts, weekdays=tuple(cleaned["repeat_weekdays"]), until=until, count=count, **chosen)

    @staticmethod
    def _problem_of_end(first: date, until: date | None, count: int | None) -> tuple[str, Any] | None:
        if until and count:
            return "repeat_count", _("Choose one: a last day, or a number of times.")
        if until and until < first:
            return "repeat_until", _("That is before the first date: check the day.")
        if until and until > first + MAX_DURATION:
            return "repeat_until", _("That is more than five years ahead: choose an earlier day.")
        return None

    @staticmethod
    def _problem_of_weekdays(rule: Recurrence, weekdays: list[int]) -> tuple[str, Any] | None:
        if weekdays and rule.unit != Unit.WEEKS:
            return "repeat_weekdays", _("Days of the week go with “weeks”: choose one or the other.")
        if rule.fits_first_date:
            return None
        first = {"day": date_format(rule.starts, "j F Y"), "weekday": WEEKDAYS[rule.starts.weekday()]}
        if rule.unit == Unit.WEEKS:
            message = _("The first date, %(day)s, is a %(weekday)s. Tick that day too, or change the first date.")
            return "repeat_weekdays", message % first
        return "repeat", _("The first date, %(day)s, is not the last %(weekday)s of its month.") % first

    @staticmethod
    def _problem_of_days(rule: Recurrence, left_out: list[date]) -> Any:
        if not left_out:
            return None
        # Nobody knows that far ahead, and a rule without an end would be read through to there.
        known = min(max(left_out), rule.starts.date() + MAX_DURATION)
        days = {each.date() for each in rule.dates(known)}
        wrong = next((day for day in left_out if day not in days), None)
        if wrong is not None:
            return _("It does not take place on %(day)s anyway.") % {"day": date_format(wrong, "j F Y")}
        if rule.starts.date() in left_out:
            return _("The first date cannot be left out: let it start on another day.")
        return None

    @cached_property
    def first_dates(self) -> list[datetime]:
        """The first instants of the rule, for the preview."""
        return [recurrence.at(each) for each in islice(self.recurrence.dates(), SHOWN)] if self.recurrence else []

    @cached_property
    def number_of_dates(self) -> int | None:
        """How many dates the rule has; None when it has no end, or no rule is chosen."""
        rule = self.recurrence
        return sum(1 for _each in rule.dates()) if rule and (rule.until or rule.count) else None

    def make_series(self, event: Event) -> None:
        """Makes the other dates of `event`, which is saved and screened. In the same transaction, as its last part."""
        if self.recurrence is None:
            return
        event.event_group = EventGroup.objects.make(self.recurrence)
        event.recurrence_id = event.date
        Event.objects.filter(pk=event.pk).update(event_group=event.event_group, recurrence_id=event.recurrence_id)
        event.event_group.make_dates(event, EventGroup.horizon())
