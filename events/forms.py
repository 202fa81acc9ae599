"""Publishing: what a person fills in, and how it becomes an event."""

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collectives.models import Collective
from events.calendar import FIRST_YEAR, LAST_YEAR
from events.models import TITLE_MAX_LENGTH, Area, Event, Tag, Term
from events_site.guards import FormToken, GuardedForm
from events_site.sanitizing import RichTextField, validate_line, validate_no_markup
from moderation.diffs import FieldDiff, differences

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


class EventForm(forms.ModelForm):
    title = forms.CharField(
        label=_("Title"),
        max_length=TITLE_MAX_LENGTH,
        validators=[validate_line, validate_no_markup],
        help_text=_("Say what happens: “Film: …”, “Workshop: …”. Up to 50 letters."),
        error_messages={
            "required": _("Give the event a title."),
            "max_length": _("Keep the title under %(limit_value)d letters; it has %(show_value)d."),
        },
    )
    summary = RichTextField(
        label=_("In one or two sentences"),
        typed_max_length=settings.SUMMARY_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Shown in the listings."),
        error_messages={"required": _("Say in a sentence what people can expect.")},
    )
    body = RichTextField(
        label=_("The whole story"),
        typed_max_length=settings.BODY_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 10}),
        required=False,
        empty_value=None,
        help_text=_(
            "Leave an empty line between paragraphs. **Bold**, *italic*, lists with “-” and web addresses work."
        ),
    )
    date = DayAndTimeField(_("Starts"), error_messages={"required": _("Say when it starts.")})
    end_date = DayAndTimeField(_("Ends"), required=False)
    tags = TermsField(
        label=_("Tags"),
        required=False,
        validators=[validate_line, validate_no_markup],
        help_text=_("Topics, with commas between several."),
    )
    areas = TermsField(
        label=_("Area"),
        required=False,
        validators=[validate_line, validate_no_markup],
        help_text=_("Town or district. Commas between several."),
    )
    contact_email = forms.EmailField(
        label=_("E-mail for questions"),
        required=False,
        empty_value=None,
        max_length=255,
        help_text=_("Everybody can read this address on the event's page."),
    )
    source = WebAddressField(
        label=_("Web page"),
        required=False,
        empty_value=None,
        max_length=255,
        assume_scheme="https",
        error_messages={"invalid": _("Write a full web address, beginning with https://")},
    )
    allows_comments = forms.BooleanField(label=_("Readers may add further information"), required=False, initial=True)
    collective = forms.ModelChoiceField(
        Collective.objects.none(), label=_("Publish as a group"), required=False, empty_label=_("No group")
    )

    class Meta:
        model = Event
        fields = [
            "title",
            "summary",
            "body",
            "date",
            "end_date",
            "place",
            "areas",
            "tags",
            "published_by",
            "collective",
            "contact_email",
            "contact_phone",
            "source",
            "allows_comments",
        ]
        labels = {
            "place": _("Venue and address"),
            "published_by": _("Shown as posted by"),
            "contact_phone": _("Telephone for questions"),
        }
        help_texts = {
            "place": _("On one line, as you would tell a friend."),
            "published_by": _("A name, a group, or nothing."),
            "contact_phone": _("Everybody can read this number on the event's page."),
        }
        widgets = {
            "contact_phone": forms.TextInput(attrs={"type": "tel"}),
        }

    fieldsets = (
        (_("What"), ("title", "summary", "body")),
        (_("When"), ("date", "end_date")),
        (_("Where"), ("place", "areas", "tags")),
        (_("Who"), ("published_by", "collective", "contact_email", "contact_phone", "source", "allows_comments")),
    )

    terms = {"tags": Tag, "areas": Area}
    user: Any = AnonymousUser()

    # The version of the event that the form was made from, and what has changed in it since.
    seen = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    changes: list[FieldDiff] = []

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user or self.user
        self.label_suffix = ""
        event = self.instance
        if not event.pk:
            self.fields.pop("seen", None)
        else:
            self.initial["seen"] = event.version
            for name in ("summary", "body"):
                typed = getattr(event, f"{name}_source")
                self.initial[name] = getattr(event, name) if typed is None else typed
        for name in ("place", "published_by"):
            self.fields[name].validators.append(validate_no_markup)
        for name in ("place", "published_by", "contact_phone"):
            self.fields[name].required = False
        for field in self.fields.values():
            # The browser must not cut off what is pasted; the field's validator stays.
            field.widget.attrs.pop("maxlength", None)
        if "collective" in self.fields:
            self._offer_collectives()

    def _offer_collectives(self) -> None:
        """The collectives one is a member of, and the one the event has; no field where there is no choice."""
        choices = Collective.objects.with_member(self.user)
        if self.instance.collective_id:
            choices = choices | Collective.objects.filter(pk=self.instance.collective_id)
        if choices := choices.distinct():
            self.fields["collective"].queryset = choices  # type: ignore[attr-defined]
        else:
            del self.fields["collective"]

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields as a person meets them: headings with their fields."""
        return [(legend, [self[name] for name in names if name in self.fields]) for legend, names in self.fieldsets]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        # What nobody touched stays as it is in the database, to the byte and the second: it may be an import.
        for name in self._columns():
            if name in cleaned and self._is_untouched(name):
                cleaned[name] = getattr(self.instance, name)
        starts, ends = cleaned.get("date"), cleaned.get("end_date")
        moved = "date" in self.changed_data or "end_date" in self.changed_data
        # The date of an event that is over may be corrected.
        if moved and not (self.instance.pk and self.instance.is_over):
            until = ends or starts
            if until and until < timezone.now() and not (ends and starts and ends < starts):
                self.add_error("date", _("This is in the past: check the day and the time."))
        if cleaned.get("seen"):
            self._compare_with(cleaned["seen"])
        return cleaned

    def _compare_with(self, seen: int) -> None:
        """Asks once more where somebody else has changed the event since the form was made from it."""
        before = self.instance.content_as_of(seen)
        if before is None:
            return
        self.changes = differences(before, self.instance.content())
        self.add_error(
            None,
            _("Somebody else has changed this since you opened it. Look at the change, then send the form again."),
        )
        data: Any = self.data
        data = data.copy()
        data["seen"] = str(self.instance.version)
        self.data = data

    def save(self, commit: bool = True) -> Event:
        """Of an event that was there already, this is an edit: `Moderated.revise` says what becomes of it."""
        event: Event = super().save(commit=False)
        if commit:
            with transaction.atomic():
                if event._state.adding:
                    event.save()
                else:
                    event.revise(by=self.user, save_related=self._save_m2m)
                    return event
                self._save_m2m()
        return event

    def _is_untouched(self, name: str) -> bool:
        return self.instance.pk is not None and name not in self.changed_data

    def _columns(self) -> list[str]:
        """The fields of the form that are columns of the event."""
        return [name for name in self._meta.fields or () if name in self.fields and name not in self.terms]

    def _post_clean(self) -> None:
        for name in ("summary", "body"):
            if name in self.cleaned_data and not self._is_untouched(name):
                setattr(self.instance, f"{name}_source", self[name].data or None)
        super()._post_clean()  # type: ignore[misc]

    def _save_m2m(self) -> None:
        for name, model in self.terms.items():
            terms = getattr(self.instance, name).all()
            self.cleaned_data[name] = (
                terms if self._is_untouched(name) else model.objects.named(self.cleaned_data[name])
            )
        super()._save_m2m()  # type: ignore[misc]


class PublishForm(GuardedForm, EventForm):
    """A new event, from anybody. Guards against machines and against being sent twice."""

    without_account = forms.BooleanField(
        label=_("Not under my account"),
        required=False,
        help_text=_("Nothing will tie this post to you. You cannot change it later."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.user.is_authenticated:
            del self.fields["without_account"]

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        groups = super().groups()
        if "without_account" in self.fields:
            groups[-1][1].append(self["without_account"])
        return groups

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("without_account") and cleaned.get("collective"):
            self.add_error("collective", _("A group's post is always under an account: choose one or the other."))
        self.guard()
        return cleaned

    def clean_token(self, token: FormToken) -> None:
        super().clean_token(token)
        if not self.errors and (sent := self._sent_before(token)) and self._differs_from(sent):
            self.ask_again(
                replace(token, key=FormToken.new().key, confirmed=time.time()),
                _("You have sent this form before, as “%(title)s”. If this is another event, send it again.")
                % {"title": sent.title},
            )

    @staticmethod
    def _sent_before(token: FormToken) -> Event | None:
        """The event that the form with this token made, if it was sent before."""
        return Event.objects.filter(submission_key=token.key).first()

    def _sent_lately(self) -> Event | None:
        """The same event by the same author, sent within a day.

        A browser that goes back asks for a fresh form, with a fresh token, and fills in what was typed.
        """
        since = timezone.now() - timedelta(seconds=settings.FORM_MAX_SECONDS)
        same = {name: getattr(self.instance, name) for name in ("title", "date", "user")}
        alike = Event.objects.filter(submission_key__isnull=False, created_on__gte=since, **same)
        return next((event for event in alike if not self._differs_from(event)), None)

    def _differs_from(self, event: Event) -> bool:
        return any(self.cleaned_data[name] != getattr(event, name) for name in self._columns()) or any(
            {Term.slug_of(term) for term in self.cleaned_data[name]}
            != {term.slug for term in getattr(event, name).all()}
            for name in self.terms
        )

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.user.is_authenticated and not self.cleaned_data.get("without_account"):
            self.instance.user = self.user
        self.instance.record_creation()

    def publish(self) -> Event:
        """Saves the new event. The same form sent again gives the event it made the first time."""
        assert self.token is not None
        if sent := self._sent_lately():
            return sent
        self.instance.submission_key = uuid.UUID(self.token.key)
        try:
            with transaction.atomic():
                event: Event = self.save()
                event.screen()
                return event
        except IntegrityError:
            if (sent := self._sent_before(self.token)) is None:
                raise
            return sent
