"""What becomes of the entries of a calendar, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Event


class Outcome(StrEnum):
    REFUSED = "refused"
    CREATED = "created"
    UPDATED = "updated"
    LEFT = "left alone"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Result:
    """What becomes of an entry, of one of its dates, or of the whole file. `number` counts the entries from 1."""

    outcome: Outcome
    reason: str = ""
    number: int | None = None
    uid: str = ""
    field: str = ""
    title: str = ""
    starts: datetime | None = None
    place: str = ""
    event: Event | None = None

    def __str__(self) -> str:
        where = [
            f"entry {self.number}" if self.number else "",
            f"UID {shown(self.uid)}" if self.uid else "",
            f"{timezone.localtime(self.starts):%Y-%m-%d %H:%M}" if self.starts else "",
            self.field,
        ]
        return ": ".join(filter(None, [", ".join(filter(None, where)), self.reason or self.outcome]))


@dataclass(frozen=True)
class Section:
    """The results of one outcome, under a heading."""

    outcome: Outcome
    heading: str
    results: list[Result]


def sections(results: Sequence[Result], *, is_done: bool) -> list[Section]:
    """The results by what became of them, or would: first what needs attention."""
    headings = {
        Outcome.REFUSED: _("Refused"),
        Outcome.CREATED: _("Published") if is_done else _("New"),
        Outcome.UPDATED: _("Updated") if is_done else _("To be updated"),
        Outcome.LEFT: _("Left alone"),
        Outcome.UNCHANGED: _("Unchanged"),
    }
    found = [
        Section(outcome, heading, [result for result in results if result.outcome == outcome])
        for outcome, heading in headings.items()
    ]
    return [section for section in found if section.results]


class Unacceptable(Exception):  # noqa: N818
    """Why an entry, or the whole file, does not go in. `field` is the name of a property."""

    def __init__(self, reason: str, field: str = "", outcome: Outcome = Outcome.REFUSED) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.outcome = outcome


def shown(text: str, length: int = 80) -> str:
    """A stranger's text for a terminal: short, and nothing in it but printable ASCII."""
    return text[:length].encode("unicode_escape").decode()


def quoted(text: str) -> str:
    """A stranger's text within a sentence."""
    return "".join(letter for letter in text[:60] if letter.isprintable())
