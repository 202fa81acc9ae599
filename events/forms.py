"""Publishing: what a person fills in, and how it becomes an event."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collectives.models import Collective
from events.calendar import FIRST_YEAR, LAST_YEAR
from events.models import TITLE_MAX_LENGTH, Area, Event, Tag
from events_site.sanitizing import RichTextField, validate_line, validate_no_markup

MAX_TERMS = 10


class DayAndTimeWidget(forms.SplitDateTimeWidget):
    """Native day and time inputs, named `…_0` and `…_1`."""

    template_name = "events/_day_and_time.html"

    def __init__(self, label: Any) -> None:
        super().__init__(
            date_attrs={"type": "date"},
            time_attrs={"type": "time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        )
        self.label = label

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, what in zip(context["widget"]["subwidgets"], (_("day"), _("time")), strict=True):
            part["attrs"]["aria-label"] = f"{self.label}: {what}"
        return context


class DayAndTimeField(forms.SplitDateTimeField):
    default_error_messages = {
        "invalid_date": _("Write the day as year-month-day, for instance 2026-06-12."),
        "invalid_time": _("Write the time as hours and minutes, for instance 19:30."),
    }

    def __init__(self, label: Any, **kwargs: Any) -> None:
        kwargs.setdefault("input_date_formats", ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"])
        kwargs.setdefault("input_time_formats", ["%H:%M", "%H:%M:%S", "%H.%M"])
        super().__init__(label=label, widget=DayAndTimeWidget(label), **kwargs)

    def compress(self, data_list: Any) -> datetime | None:
        if data_list and data_list[0] in self.empty_values and data_list[1] not in self.empty_values:
            raise ValidationError(_("Choose the day too."), code="invalid_date")
        if data_list and data_list[1] in self.empty_values and data_list[0] not in self.empty_values:
            raise ValidationError(_("Choose the time too."), code="invalid_time")
        moment = super().compress(data_list)
        if moment and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError(_("Check the year."), code="invalid_date")
        return moment


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
            if len(name) > 60:
                raise ValidationError(
                    _("“%(start)s…” is too long: keep each under 60 letters."), params={"start": name[:20]}
                )

    def run_validators(self, value: Any) -> None:
        super().run_validators(", ".join(value))

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else ", ".join(str(term) for term in value)


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
    source = forms.URLField(
        label=_("Web page"),
        required=False,
        empty_value=None,
        max_length=255,
        assume_scheme="https",
        error_messages={"invalid": _("Write a full web address, beginning with https://")},
    )
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
            "allows_comments": _("Readers may add further information"),
        }
        help_texts = {
            "place": _("On one line, as you would tell a friend."),
            "published_by": _("A name, a group, or nothing."),
            "contact_phone": _("Everybody can read this number on the event's page."),
        }
        widgets = {
            "contact_phone": forms.TextInput(attrs={"type": "tel"}),
            "allows_comments": forms.CheckboxInput,
        }

    fieldsets = (
        (_("What"), ("title", "summary", "body")),
        (_("When"), ("date", "end_date")),
        (_("Where"), ("place", "areas", "tags")),
        (_("Who"), ("published_by", "collective", "contact_email", "contact_phone", "source", "allows_comments")),
    )

    user: Any = AnonymousUser()

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user or self.user
        self.label_suffix = ""
        event = self.instance
        if event.pk:
            for name in ("summary", "body"):
                typed = getattr(event, f"{name}_source")
                self.initial[name] = getattr(event, name) if typed is None else typed
        for name in ("place", "published_by"):
            self.fields[name].validators.append(validate_no_markup)
        for name in ("place", "published_by", "contact_phone"):
            self.fields[name].required = False
        self.fields["allows_comments"].required = False
        # The browser must not cut off what is pasted; the field's validator stays.
        self.fields["title"].widget.attrs.pop("maxlength", None)
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

    def clean_summary(self) -> str:
        return self._unless_untouched("summary")

    def clean_body(self) -> str | None:
        return self._unless_untouched("body")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("date"), cleaned.get("end_date")
        if "date" in self.changed_data or "end_date" in self.changed_data:
            until = ends or starts
            if until and until < timezone.now() and not (ends and starts and ends < starts):
                self.add_error("date", _("This is in the past: check the day and the time."))
        return cleaned

    def _unless_untouched(self, name: str) -> Any:
        """What was typed, as HTML; an imported text that was not touched keeps its bytes."""
        return self.cleaned_data[name] if name in self.changed_data else getattr(self.instance, name)

    def _post_clean(self) -> None:
        for name in ("summary", "body"):
            if name in self.changed_data and name in self.cleaned_data:
                setattr(self.instance, f"{name}_source", self[name].data or None)
        super()._post_clean()  # type: ignore[misc]

    def save(self, commit: bool = True) -> Any:
        if self.instance.pk is None or not commit:
            return super().save(commit)
        event = super().save(commit=False)
        with transaction.atomic():
            event.revise(by=self.user)
            self.save_m2m()
        return event

    def _save_m2m(self) -> None:
        self.cleaned_data["tags"] = Tag.objects.named(self.cleaned_data["tags"])
        self.cleaned_data["areas"] = Area.objects.named(self.cleaned_data["areas"])
        super()._save_m2m()  # type: ignore[misc]


class PublishForm(EventForm):
    """A new event, from anybody. Guards against machines and against being sent twice."""

    website = forms.CharField(label=_("Leave this field empty"), required=False)
    form_token = forms.CharField(widget=forms.HiddenInput, required=False)
    without_account = forms.BooleanField(
        label=_("Not under my account"),
        required=False,
        help_text=_("Nothing will tie this post to you. You cannot change it later."),
    )

    _salt = "events.publish"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.user.is_authenticated:
            del self.fields["without_account"]
        self.initial["form_token"] = self.new_token()

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        groups = super().groups()
        if "without_account" in self.fields:
            groups[-1][1].append(self["without_account"])
        return groups

    @classmethod
    def new_token(cls) -> str:
        return signing.dumps(uuid.uuid4().hex, salt=cls._salt)

    @classmethod
    def key_of(cls, token: str) -> uuid.UUID | None:
        """The random key in a form's token; None when the token is not ours."""
        try:
            return uuid.UUID(hex=signing.loads(token, salt=cls._salt))
        except (signing.BadSignature, ValueError):
            return None

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_("Leave this field empty: it is a trap for machines."), code="spam")
        return ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._clean_token(cleaned.get("form_token", ""))
        if cleaned.get("without_account") and cleaned.get("collective"):
            self.add_error("collective", _("A group's post is always under an account: choose one or the other."))
        return cleaned

    def _clean_token(self, token: str) -> None:
        """The form must have been open for a few seconds and at most a day. A fresh token is put in otherwise."""
        try:
            signing.loads(token, salt=self._salt, max_age=settings.FORM_MAX_SECONDS)
        except signing.BadSignature:
            self._renew_token()
            self.add_error(
                None, _("This form was open for very long. Nothing is lost: look it over and send it again.")
            )
            return
        if self._is_younger_than(token, settings.FORM_MIN_SECONDS):
            self.add_error(
                None, _("That was quicker than a person writes. Nothing is lost: wait a moment and send it again.")
            )

    def _is_younger_than(self, token: str, seconds: int) -> bool:
        try:
            signing.loads(token, salt=self._salt, max_age=seconds)
        except signing.SignatureExpired:
            return False
        return True

    def _renew_token(self) -> None:
        data: Any = self.data
        data = data.copy()
        data["form_token"] = self.new_token()
        self.data = data

    def publish(self) -> Event:
        """Saves the new event. The same form sent again gives the event it made the first time."""
        event = self.instance
        event.submission_key = self.key_of(self.cleaned_data["form_token"])
        if self.user.is_authenticated and not self.cleaned_data.get("without_account"):
            event.user = self.user
        event.record_creation()
        try:
            with transaction.atomic():
                self.save().screen()
                return event
        except IntegrityError:
            return Event.objects.get(submission_key=event.submission_key)
