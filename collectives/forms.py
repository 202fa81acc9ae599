from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collectives.models import RESERVED_SLUGS, Collective, Invitation, JoinRequest, User
from events_site import limits
from events_site.guards import GuardedForm
from events_site.sanitizing import RichTextField, validate_line, validate_no_markup
from events_site.uploads import Picture, read_upload
from moderation.forms import VersionedForm

MAX_LINKS = 10
LINK_MAX_LENGTH = 500
_is_web_address = URLValidator(schemes=["http", "https"])


class LinksField(forms.CharField):
    """One link a line: a web address and, behind a blank, what it is called."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        lines = [" ".join(line.split()) for line in (super().to_python(value) or "").splitlines()]
        return "\n".join(self._link(line) for line in lines if line)

    def _link(self, line: str) -> str:
        return line if "://" in line.partition(" ")[0] else f"https://{line}"

    def validate(self, value: str) -> None:
        super().validate(value)
        lines = value.splitlines()
        if len(lines) > MAX_LINKS:
            raise ValidationError(_("Choose at most %(limit)d links.") % {"limit": MAX_LINKS})
        for line in lines:
            validate_line(line)
            if len(line) > LINK_MAX_LENGTH:
                raise ValidationError(
                    _("Keep each link under %(limit)d letters: “%(start)s…”")
                    % {"limit": LINK_MAX_LENGTH, "start": line[:40]}
                )
            try:
                _is_web_address(line.partition(" ")[0])
            except ValidationError:
                raise ValidationError(
                    _("“%(line)s” does not begin with a web address, such as https://example.org") % {"line": line}
                ) from None


class CollectiveForm(forms.ModelForm):
    summary = RichTextField(
        label=_("About"),
        typed_max_length=settings.SUMMARY_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
        empty_value=None,
        help_text=_("What you do, where you meet, whom it is for."),
    )
    links = LinksField(
        label=_("Links"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text=_("One a line: a web address, a blank, and what it is called."),
    )

    class Meta:
        model = Collective
        fields = ["name", "slug", "summary", "links"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if self.instance.summary_source is not None:
            self.initial["summary"] = self.instance.summary_source

    def clean_slug(self) -> str:
        """The database refuses these as well, but cannot say at which field."""
        slug: str = self.cleaned_data["slug"]
        if slug.isdigit():
            raise ValidationError(_("The address needs at least one letter."))
        if slug.lower() in RESERVED_SLUGS:
            raise ValidationError(_("This address is taken by the site itself."))
        return slug

    def clean_summary(self) -> str | None:
        """An imported text that was not touched keeps its bytes."""
        if "summary" not in self.changed_data:
            return self.instance.summary
        self.instance.summary_source = self["summary"].data or None
        return self.cleaned_data["summary"]


class GroupForm(CollectiveForm):
    """The page of a group, as those who look after it write it: in plain words, with limits, and with a picture."""

    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/gif,image/webp"}),
        help_text=_("JPEG, PNG, GIF or WebP. The place where it was taken and all else hidden in the file is removed."),
    )

    def __init__(self, *args: Any, client: limits.Client | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        self.fields["name"].validators.append(validate_no_markup)
        for field in self.fields.values():
            # The browser must not cut off what is pasted; the field's validator stays.
            field.widget.attrs.pop("maxlength", None)

    def clean_picture(self) -> Picture | None:
        if not (file := self.cleaned_data["picture"]):
            return None
        if self.client and (wait := limits.hit("upload", self.client)):
            raise ValidationError(limits.sentence(wait))
        upload = read_upload(file)
        if not isinstance(upload, Picture):
            raise ValidationError(_("Choose a picture: JPEG, PNG, GIF and WebP work."))
        return upload

    def take_picture(self) -> None:
        """Gives the group the picture that was sent, if one was."""
        if picture := self.cleaned_data["picture"]:
            self.instance.take_picture(picture)


class EditForm(VersionedForm, GroupForm):
    """Changes the page of a group. Its address stays: people have it in their calendars."""

    without_picture = forms.BooleanField(label=_("Take the picture away"), required=False)

    class Meta(CollectiveForm.Meta):
        fields = ["name", "summary", "links"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.picture:
            del self.fields["without_picture"]

    def revise(self, by: Any) -> None:
        with transaction.atomic():
            if self.cleaned_data.get("without_picture"):
                self.instance.take_picture(None)
            self.take_picture()
            self.save(commit=False).revise(by=by)


class FoundForm(GuardedForm, GroupForm):
    """Starts a group."""

    limit = "group"

    slug = forms.SlugField(
        label=_("Address"),
        max_length=80,
        required=False,
        help_text=_("What its page is called in the address bar. Left empty, it is made of the name."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["name"].help_text = _("As people know it.")

    def clean_slug(self) -> str:
        return super().clean_slug().lower()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.guard()
        if self.user.has_founded_enough and not self._sent_before(cleaned.get("name", "")):
            self.add_error(None, _("You have started several groups today. Nothing is lost: come back tomorrow."))
        return cleaned

    def found(self) -> Collective:
        """Saves the new group. The same form sent again gives the group it made the first time."""
        try:
            return self._found()
        except IntegrityError:
            # Somebody took the address in the same moment.
            self.instance.slug = ""
            return self._found()

    def _found(self) -> Collective:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=self.user.pk)
            collective: Collective = self.save(commit=False)
            if sent := self._sent_before(collective.name):
                return sent
            self.take_picture()
            collective.found(self.user)
            return collective

    def _sent_before(self, name: str) -> Collective | None:
        yesterday = timezone.now() - timedelta(days=1)
        mine = Collective.objects.administered_by(self.user).filter(memberships__user=self.user)
        return mine.filter(name=name, created_on__gte=yesterday).first()


class JoinForm(forms.ModelForm):
    class Meta:
        model = JoinRequest
        fields = ["text"]
        help_texts = {"text": _("Those who look after the group read this, and your login name.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["text"].widget.attrs.pop("maxlength", None)


class InvitationForm(forms.ModelForm):
    uses_left = forms.IntegerField(label=_("For how many people"), min_value=1, max_value=50, initial=1)

    class Meta:
        model = Invitation
        fields = ["uses_left"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
