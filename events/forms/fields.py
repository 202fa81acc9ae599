"""Fields of the form: day and time, names with commas, web addresses."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.calendar import FIRST_YEAR, LAST_YEAR
from events.models import MAX_TERMS, NIGHT, Term
from events_site.sanitizing import validate_line


class DayAndTimeWidget(forms.SplitDateTimeWidget):
    """Native day and time inputs, named `…_0` and `…_1`."""

    template_name = "events/_day_and_time.html"
    use_fieldset = False  # so that both inputs are described by the error

    def __init__(self, label: Any) -> None:
        super().__init__(
            date_attrs={"type": "date"},
            time_attrs={"type": "time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        )
        self.label = label

    def id_for_label(self, id_: str, index: Any = None) -> str:
        """The first input: that is where a link from the summary of errors leads."""
        return f"{id_}_0"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, what in zip(context["widget"]["subwidgets"], (_("day"), _("time")), strict=True):
            part["attrs"]["aria-label"] = f"{self.label}: {what}"
        return context


def moment_of(day: date, clock: time, *, again: bool = False) -> datetime:
    """A minute of the site's wall clock, as an instant in UTC, where instants compare truly. Of an hour that comes
    twice, when the clocks go back, the first is meant, or the second with `again`. Raises ValidationError where
    there is no such minute.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(_("Check the year."), code="invalid_date")
    typed = datetime.combine(day, clock)
    moment = timezone.make_aware(typed.replace(fold=int(again))).astimezone(UTC)
    if timezone.make_naive(moment) != typed:
        raise ValidationError(
            _("The clocks go forward that day, and %(time)s is left out. Choose another time."),
            code="invalid_time",
            params={"time": f"{clock:%H:%M}"},
        )
    return moment


@dataclass(frozen=True)
class Ending:
    """An end as people write it: without a day it is on the day of the start, or in the night after."""

    day: date | None
    clock: time

    def after(self, starts: datetime) -> datetime:
        """The moment that is meant. Raises ValidationError.

        On the day of the start and yet earlier, it is the next morning's, where that is within NIGHT. Of an hour
        that comes twice, the first that is not before the start is meant.
        """
        first = timezone.localdate(starts)
        ends = moment_of(self.day or first, self.clock)
        if ends >= starts or timezone.localdate(ends) != first:
            return ends
        if (later := moment_of(first, self.clock, again=True)) >= starts:
            return later
        if self.clock.hour < 12:
            morning = moment_of(first + timedelta(days=1), self.clock)
            if morning - starts < NIGHT:
                return morning
        return ends


class DayAndTimeField(forms.SplitDateTimeField):
    """A minute of the site's wall clock."""

    default_error_messages = {
        "invalid_date": _("There is no such day. Write it as year-month-day, for instance 2026-06-12."),
        "invalid_time": _("Write the time as hours and minutes, for instance 19:30."),
    }

    def __init__(self, label: Any, **kwargs: Any) -> None:
        kwargs.setdefault("input_date_formats", ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"])
        kwargs.setdefault("input_time_formats", ["%H:%M", "%H:%M:%S", "%H.%M"])
        # Which of the two is missing is said by compress().
        super().__init__(label=label, widget=DayAndTimeWidget(label), require_all_fields=False, **kwargs)
        for field in self.fields:
            field.required = False

    def compress(self, data_list: Any) -> Any:
        if not data_list:
            return None
        day, clock = data_list
        if day in self.empty_values:
            raise ValidationError(_("Choose the day too."), code="invalid_date")
        return moment_of(day, self._clock(clock))

    def clean_day(self, typed: str) -> date:
        """The day alone, of what was typed as such. Raises ValidationError."""
        day = self.fields[0].clean(typed)
        if day in self.empty_values:
            raise ValidationError(_("Choose a day first."), code="required")
        return timezone.localdate(moment_of(day, time(12)))

    def _clock(self, clock: time | None) -> time:
        if clock in self.empty_values:
            raise ValidationError(_("Choose the time too."), code="invalid_time")
        assert clock is not None
        return clock

    def has_changed(self, initial: Any, data: Any) -> bool:
        """The inputs show minutes, so seconds were not taken away by a person."""
        if isinstance(initial, datetime):
            initial = initial.replace(second=0, microsecond=0)
        return super().has_changed(initial, data)


class EndField(DayAndTimeField):
    """An end, whose day may be left out. What is meant depends on the start: an Ending."""

    def compress(self, data_list: Any) -> Any:
        if not data_list:
            return None
        day, clock = data_list
        return Ending(day or None, self._clock(clock))


class TermsField(forms.CharField):
    """Names separated by commas, on one line."""

    def clean(self, value: Any) -> Any:
        validate_line(super().to_python(value) or "")
        return super().clean(value)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        names = [" ".join(name.split()) for name in text.split(",")]
        return [name for name in dict.fromkeys(names) if name]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MAX_TERMS:
            raise ValidationError(_("Choose at most %(limit)d."), params={"limit": MAX_TERMS})
        for name in value:
            if len(name) > 60 or len(Term.slug_of(name)) > 80:
                raise ValidationError(
                    _("“%(start)s…” is too long: keep each under 60 letters."), params={"start": name[:20]}
                )
            if not Term.slug_of(name):
                raise ValidationError(_("“%(name)s” needs a letter or a digit."), params={"name": name})

    def run_validators(self, value: Any) -> None:
        super().run_validators(", ".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else ", ".join(str(term) for term in value)


class WebAddressField(forms.URLField):
    default_validators = [URLValidator(schemes=["http", "https"])]
