"""What a person fills in about an event."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from collectives.models import Collective
from events.clashes import Clash, clash_on
from events.forms.attaching import AttachmentFields
from events.forms.fields import DayAndTimeField, EndField, TermsField, WebAddressField
from events.forms.layout import BoundPart, Part, arranged, fold
from events.forms.repeating import REPEATING, SCOPE
from events.models import TITLE_MAX_LENGTH, Area, Event, Tag, Term
from events_site.links import FewLinks
from events_site.sanitizing import RichTextField, validate_line, validate_no_markup
from moderation.forms import VersionedForm

TOO_LONG = _("Keep this under %(limit_value)d letters; it has %(show_value)d.")


class TextForm(forms.Form):
    """Typed text on its own, to look at."""

    text = RichTextField(typed_max_length=settings.BODY_MAX_LENGTH, required=False)


class EventForm(AttachmentFields, FewLinks, VersionedForm):
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
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
        empty_value=None,
        help_text=_(
            "Leave an empty line between paragraphs. **Bold**, *italic*, lists with “-” and web addresses work."
        ),
    )
    date = DayAndTimeField(_("Starts"), error_messages={"required": _("Say when it starts.")})
    end_date = EndField(
        _("Ends"),
        required=False,
        help_text=_("Without a day it is the same day, or the night after: 02:00 is the next morning."),
    )
    tags = TermsField(
        label=_("Tags"),
        required=False,
        validators=[validate_no_markup],
        help_text=_("Topics, with commas between several."),
    )
    areas = TermsField(
        label=_("Area"),
        required=False,
        validators=[validate_no_markup],
        help_text=_("Town or district. Commas between several."),
    )
    contact_email = forms.EmailField(
        label=_("E-mail for questions"),
        required=False,
        empty_value=None,
        max_length=255,
        help_text=_("Everybody can read this address on the event's page."),
        error_messages={"invalid": _("Write an e-mail address, for instance amy@example.org.")},
    )
    source = WebAddressField(
        label=_("Web page"),
        required=False,
        empty_value=None,
        max_length=255,
        assume_scheme="https",
        error_messages={"invalid": _("Write a full web address, beginning with https://")},
    )
    allows_comments = forms.BooleanField(
        label=_("Readers may add further information"), required=False, initial=lambda: settings.COMMENTS_DEFAULT
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
        (_("What"), ("title", "summary", Part(("body",), "events/_body_field.html"))),
        (_("When"), (Part(("date",), "events/_date_field.html"), "end_date", REPEATING)),
        (_("Where"), ("place", "areas", Part(("tags",), "events/_tags_field.html"))),
        (
            _("Flyer and name"),
            (
                "attachments",
                "published_by",
                "collective",
                "without_account",
                fold(
                    _("More: contact, web page and the like"),
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
    # The fields that suggest what others wrote.
    suggesting = ("place", "areas", "tags")
    # What else is on the day, where somebody asked to see it.
    clash: Clash | None = None
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
        for name in self.suggesting:
            self.fields[name].widget.attrs["list"] = f"known_{name}"
        for field in self.fields.values():
            field.error_messages.setdefault("max_length", TOO_LONG)
            # The browser must not cut off what is pasted; the field's validator stays.
            field.widget.attrs.pop("maxlength", None)
        self.fields["allows_comments"].disabled = not settings.COMMENTS
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

    @cached_property
    def known(self) -> dict[str, list[str]]:
        """What to suggest in a field: what everybody can see in the latest posts, the most usual first."""
        events = Event.objects.visible()
        terms = {name: model.objects.common_in(events) for name, model in self.terms.items()}
        return {"place": events.known_places(), **terms}

    def look_at_day(self) -> None:
        """Finds what else is on the day that was typed. What else is to be put right is not said yet."""
        field: Any = self.fields["date"]
        errors = self.errors
        for name in set(errors) & set(self.fields):
            del errors[name]
        try:
            day = field.clean_day(self["date"].data[0])
        except ValidationError as error:
            self.add_error("date", error)
        else:
            slugs = (Term.slugs_in(self[name].data or "") for name in ("tags", "areas"))
            self.clash = clash_on(day, *slugs, but=self.instance.pk)

    def clean_end_date(self) -> datetime | None:
        starts, ending = self.cleaned_data.get("date"), self.cleaned_data["end_date"]
        return ending.after(starts) if starts and ending else None

    @property
    def is_anonymous(self) -> bool:
        return not self.user.is_authenticated

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
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
        return cleaned

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
        return [name for name in self._meta.fields or () if name in self.fields and name not in (*self.terms, "seen")]

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
        super()._save_m2m()
