"""Fields of the form: day and time, names with commas, web addresses."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.calendar import FIRST_YEAR, LAST_YEAR
from events.models import Term

MAX_TERMS = 10


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


class DayAndTimeField(forms.SplitDateTimeField):
    """A minute of the site's wall clock."""

    default_error_messages = {
        "invalid_date": _("There is no such day. Write it as year-month-day, for instance 2026-06-12."),
        "invalid_time": _("Write the time as hours and minutes, for instance 19:30."),
    }

    def __init__(self, label: Any, **kwargs: Any) -> None:
        kwargs.setdefault("input_date_formats", ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"])
        kwargs.setdefault("input_time_formats", ["%H:%M", "%H:%M:%S", "%H.%M"])
        super().__init__(label=label, widget=DayAndTimeWidget(label), **kwargs)

    def compress(self, data_list: Any) -> datetime | None:
        """Of an hour that comes twice, when the clocks go back, the first is meant."""
        if not data_list:
            return None
        day, clock = data_list
        if day in self.empty_values:
            raise ValidationError(_("Choose the day too."), code="invalid_date")
        if clock in self.empty_values:
            raise ValidationError(_("Choose the time too."), code="invalid_time")
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(_("Check the year."), code="invalid_date")
        typed = datetime.combine(day, clock)
        moment = timezone.make_aware(typed)
        if timezone.make_naive(moment.astimezone(UTC)) != typed:
            raise ValidationError(
                _("The clocks go forward that day, and %(time)s is left out. Choose another time."),
                code="invalid_time",
                params={"time": f"{clock:%H:%M}"},
            )
        return moment

    def has_changed(self, initial: Any, data: Any) -> bool:
        """The inputs show minutes, so seconds were not taken away by a person."""
        if isinstance(initial, datetime):
            initial = initial.replace(second=0, microsecond=0)
        return super().has_changed(initial, data)


class TermsField(forms.CharField):
    """Names separated by commas."""

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
