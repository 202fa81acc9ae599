"""A calendar file, or its text, from whoever looks after a group."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from collectives.models import Collective
from events.ics_importer import CalendarRecord, Result, read_calendar
from events_site import limits
from events_site.guards import GuardedForm


class ImportForm(GuardedForm):
    """What was read of the calendar is in `found`. The text of a file travels on with the form, as if it was pasted:
    a file is not sent twice.
    """

    limit = "import"

    file = forms.FileField(
        label=_("Calendar file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".ics,.ical,.ifb,.icalendar,text/calendar"}),
        help_text=_("A file that ends in .ics, of %(size)d MB and %(number)d events at most.")
        % {"size": settings.IMPORT_MAX_SIZE // 1024**2, "number": settings.IMPORT_MAX_EVENTS},
    )
    text = forms.CharField(
        label=_("Or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "dir": "ltr"}),
        help_text=_("It begins with BEGIN:VCALENDAR. A file that is chosen counts instead of it."),
    )

    found: list[CalendarRecord | Result] = []

    def __init__(self, *args: Any, collective: Collective, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.collective = collective
        self.label_suffix = ""

    @property
    def is_meant(self) -> bool:
        return "publish" in self.data

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if file := cleaned.get("file"):
            content = file.read(settings.IMPORT_MAX_SIZE + 1)
            self._carry_on(content.decode("utf-8-sig", errors="replace"))
        else:
            # Browsers send every line break as CR LF.
            content = cleaned.get("text", "").replace("\r\n", "\n").encode()
        if not self.collective.is_public:
            self.add_error(None, _("Moderators have to look at the group first: only then can it publish anything."))
        self.guard()
        # Before it is read: that may take seconds.
        if not self.errors and self.client and (wait := limits.hit("calendar", self.client)):
            self.retry_after = wait
            self.add_error(None, limits.sentence(wait))
        if not self.errors:
            self._read(content, "file" if file else "text")
        return cleaned

    def _carry_on(self, text: str) -> None:
        if len(text) <= settings.IMPORT_MAX_SIZE:
            data: Any = self.data
            data = data.copy()
            data["text"] = text
            self.data = data

    def _read(self, content: bytes, name: str) -> None:
        if not content.strip() and not self.files:
            self.add_error("file", _("Choose a calendar file, or paste its text below."))
            return
        self.found = read_calendar(content)
        for each in self.found:
            if isinstance(each, Result) and each.number is None:
                self.add_error(name, each.reason)
