from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from collectives.models import Collective
from events_site.sanitizing import RichTextField


class CollectiveForm(forms.ModelForm):
    summary = RichTextField(
        label=_("About"),
        typed_max_length=settings.SUMMARY_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
        empty_value=None,
    )

    class Meta:
        model = Collective
        fields = ["name", "slug", "summary"]

    def clean_slug(self) -> str:
        """The database refuses it as well, but cannot say at which field."""
        slug: str = self.cleaned_data["slug"]
        if slug.isdigit():
            raise ValidationError(_("The address needs at least one letter."))
        return slug

    def clean_summary(self) -> str | None:
        """An imported text that was not touched keeps its bytes."""
        changed = "summary" in self.changed_data
        return self.cleaned_data["summary"] if changed else self.instance.summary
