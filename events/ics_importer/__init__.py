"""Calendars of other programs (RFC 5545): what is read of a file, and how that becomes posts of a group.

`read_calendar()` trusts nothing and touches no database. Of the file only the entries and the name of a time zone
are taken: what a VTIMEZONE says is never evaluated, and the library gets one entry at a time, without what is nested
in it. A rule that repeats becomes dates up to the horizon of the site's own series, each of which is a post.

`CalendarImport` matches an entry by its UID, and a date of a series by its RECURRENCE-ID too. What was edited,
withdrawn or hidden here stays as it is, and so does what a later file no longer has.
"""

from events.ics_importer.reading import read_calendar
from events.ics_importer.records import CalendarRecord
from events.ics_importer.report import Outcome, Result, Section, sections
from events.ics_importer.storing import CalendarImport

__all__ = ["CalendarImport", "CalendarRecord", "Outcome", "Result", "Section", "read_calendar", "sections"]
