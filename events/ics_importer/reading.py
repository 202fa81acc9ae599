"""From the bytes of a calendar to the dates that can become posts."""

import time
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from events.ics_importer.entries import Entry
from events.ics_importer.file import CalendarFile, decoded
from events.ics_importer.records import CalendarRecord
from events.ics_importer.report import Outcome, Result, Unacceptable

# After so many seconds of computing, the rest of a file is refused.
READING_SECONDS = 10


def read_calendar(data: bytes) -> list[CalendarRecord | Result]:
    """What a file says, in its order: dates that can become posts, and what is refused or left out, with the reason.

    What is wrong with one entry does not concern the others. A file that is no calendar, is not whole or has more
    than IMPORT_MAX_EVENTS entries is refused as such.
    """
    try:
        file = CalendarFile.parse(decoded(data))
    except Unacceptable as problem:
        return [Result(problem.outcome, problem.reason)]
    if not file.entries:
        return [Result(Outcome.LEFT, _("There is no event in this calendar."))]
    return sorted(_Reading(file).records(), key=lambda each: each.number or 0)


class _Reading:
    """The entries of one file, by UID: the one that stands for a series, and those that replace single dates."""

    def __init__(self, file: CalendarFile) -> None:
        self.file = file
        self.deadline = time.thread_time() + READING_SECONDS
        self.number_of_dates = 0

    def records(self) -> Iterator[CalendarRecord | Result]:
        by_uid: dict[str, list[Entry]] = {}
        for number, lines in enumerate(self.file.entries, 1):
            try:
                self._check_time()
                entry = Entry(self.file, number, lines)
                by_uid.setdefault(entry.uid, []).append(entry)
            except Unacceptable as problem:
                yield Result(problem.outcome, problem.reason, number, _uid_in(lines), problem.field)
        for entries in by_uid.values():
            yield from self._records_of(entries)

    def _records_of(self, entries: list[Entry]) -> Iterator[CalendarRecord | Result]:
        """`entries` have one UID."""
        replaced = {entry.recurrence_id for entry in entries}
        seen = set()
        for entry in entries:
            try:
                if entry.recurrence_id in seen:
                    raise Unacceptable(_("An entry with this UID is in the file already."), "UID")
                seen.add(entry.recurrence_id)
                self._check_time()
                found = entry.records(replaced)
                self.number_of_dates += len(found)
                if self.number_of_dates > settings.IMPORT_MAX_EVENTS:
                    raise Unacceptable(
                        _("With this there are more than %(limit)d dates. Import it in parts.")
                        % {"limit": settings.IMPORT_MAX_EVENTS}
                    )
                yield from found
            except Unacceptable as problem:
                yield entry.result(problem)

    def _check_time(self) -> None:
        if time.thread_time() > self.deadline:
            raise Unacceptable(_("Reading this file takes too long. Export a shorter time."))


def _uid_in(lines: list[str]) -> str:
    return next((line.partition(":")[2].strip() for line in lines if line.upper().startswith("UID:")), "")
