"""A calendar file: the lines of its entries, and what it says of time zones by name."""

import codecs
import re
import zoneinfo
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cache

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from events.ics_importer.report import Unacceptable, quoted

_READ = frozenset(
    "UID RECURRENCE-ID DTSTART DTEND DURATION RRULE RDATE EXDATE SUMMARY DESCRIPTION LOCATION URL CATEGORIES STATUS "  # noqa: SIM905
    "CLASS SEQUENCE LAST-MODIFIED".split()
)


def decoded(data: bytes) -> str:
    """The text of a file. Raises Unacceptable."""
    if len(data) > settings.IMPORT_MAX_SIZE:
        limit = settings.IMPORT_MAX_SIZE // 1024**2
        raise Unacceptable(
            _("The file is larger than %(limit)d MB. Export a shorter time, or only what is to come.")
            % {"limit": limit}
        )
    data = data.removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        raise Unacceptable(_("The file is empty."))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unacceptable(
            _("Line %(line)d has a character that is not UTF-8. Save the file as UTF-8.") % {"line": line}
        ) from None


@dataclass
class CalendarFile:
    """The content lines of each entry, and what the file says of time zones by name."""

    entries: list[list[str]] = field(default_factory=list)
    zone: str = ""
    # The X-LIC-LOCATION of each VTIMEZONE, by TZID.
    locations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "CalendarFile":
        """Raises Unacceptable."""
        file, stack, tzid = cls(), list[str](), ""
        unfolded = re.sub(r"\n[ \t]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
        for line in unfolded.split("\n"):
            if not line.strip():
                continue
            name, _colon, value = line.partition(":")
            name, value = re.split("[;:]", name, maxsplit=1)[0].strip().upper(), value.strip()
            if name == "END":
                if not stack or stack.pop() != value.upper():
                    raise Unacceptable(_("The file is damaged: an END there has no BEGIN. Export it again."))
            elif not stack and (name, value.upper()) != ("BEGIN", "VCALENDAR"):
                raise Unacceptable(_("This is not a calendar: such a file begins with BEGIN:VCALENDAR."))
            elif name == "BEGIN":
                stack.append(value.upper())
                if stack == ["VCALENDAR", "VEVENT"]:
                    file.entries.append([])
            elif stack == ["VCALENDAR"] and name == "X-WR-TIMEZONE":
                file.zone = value
            elif stack == ["VCALENDAR", "VEVENT"] and name in _READ:
                file.entries[-1].append(line)
            elif stack == ["VCALENDAR", "VTIMEZONE"] and name == "TZID":
                tzid = value
            elif stack == ["VCALENDAR", "VTIMEZONE"] and name == "X-LIC-LOCATION":
                file.locations[tzid] = value
            if len(file.entries) > settings.IMPORT_MAX_EVENTS:
                raise Unacceptable(
                    _("The file has more than %(limit)d entries. Export a shorter time, or only what is to come.")
                    % {"limit": settings.IMPORT_MAX_EVENTS}
                )
        if stack:
            raise Unacceptable(_("The file ends in the middle of an entry. Export it again."))
        return file

    def zone_named(self, tzid: str) -> tuple[tzinfo, str]:
        """A zone, and what was assumed. Raises Unacceptable."""
        for name in (tzid, self.locations.get(tzid, "")):
            if zone := _zone_of(name):
                return zone, ""
        if zone := _zone_of(self.zone):
            return zone, _("Nothing is known of its time zone “%(name)s”; taken as that of the calendar, %(zone)s.") % {
                "name": quoted(tzid),
                "zone": zone,
            }
        raise Unacceptable(_("The time zone “%(name)s” is not known here.") % {"name": quoted(tzid)})

    def zone_of_floating(self) -> tuple[tzinfo, str]:
        zone = _zone_of(self.zone) or timezone.get_default_timezone()
        return zone, _("Its times name no time zone; taken as %(zone)s.") % {"zone": zone}


@cache
def _zone_names() -> dict[str, str]:
    """The names of all time zones by what they are in lower case."""
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def _zone_of(name: str) -> tzinfo | None:
    """A time zone by its name in the IANA database, by Windows' name, or by a name that ends in the former."""
    name = WINDOWS_TO_OLSON.get(name, name)
    parts = name.split("/")
    for tail in (name, "/".join(parts[-3:]), "/".join(parts[-2:])):
        if known := _zone_names().get(tail.lower()):
            return zoneinfo.ZoneInfo(known)
    return None
