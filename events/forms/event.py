"""What a person fills in about an event."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collectives.models import Collective
from events.forms.fields import DayAndTimeField, TermsField, WebAddressField
from events.forms.layout import BoundPart, arranged, fold
from events.forms.repeating import REPEATING, SCOPE
from events.models import TITLE_MAX_LENGTH, Area, Event, Tag
from events_site.sanitizing import RichTextField, validate_line, validate_no_markup
from moderation.diffs import FieldDiff, differences


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

    # Each heading with its fields in order: names, or a `Part` of several with a template of their own.
    fieldsets: tuple[Any, ...] = (
        (_("What"), ("title", "summary", "body")),
        (_("When"), ("date", "end_date", REPEATING)),
        (_("Where"), ("place", "areas", "tags")),
        (
            _("Who"),
            (
                "published_by",
                "collective",
                "without_account",
                fold(
                    _("More: contact, web page, additions by readers"),
                    "contact_email",
                    "contact_phone",
                    "source",
                    "allows_comments",
                ),
            ),
        ),
        (_("Series"), (SCOPE,)),
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

    def groups(self) -> list[tuple[Any, list[BoundPart]]]:
        """The fields as a person meets them: headings with their parts."""
        return arranged(self, self.fieldsets)

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
