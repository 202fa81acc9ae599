"""Events as a programme in plain text, ready to paste into a newsletter."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from textwrap import wrap
from typing import Any

from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from events.calendar import local
from events.models import Event
from events.serializers.records import EventRecord, last_day
from events_site.sanitizing import printable

WIDTH = 72
SUMMARY_LENGTH = 300
_INDENT = " " * 7
# Addresses stay whole.
_WORDS: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
# An event that ends so long after its start says when.
_LONG = timedelta(hours=18)
# Bidirectional controls would turn round what stands after them in somebody's newsletter.
_INVISIBLE = re.compile("[\x80-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


def to_text(records: Iterable[EventRecord], title: str, url: str) -> bytes:
    """A programme in UTF-8 with line feeds, under its days, at most 72 letters wide where words allow it.

    It ends with `url`, the page for people.
    """
    return b"".join(text_parts(records, title, url))


def text_parts(records: Iterable[EventRecord], title: str, url: str) -> Iterator[bytes]:
    """The bytes of `to_text()`, event by event, for programmes that no memory holds."""
    yield _lines(_underlined(_line(title) or _("Events"), "="))
    for day, events in groupby(records, key=_day):
        yield _lines(["", "", *_underlined(day, "-")])
        for record in events:
            yield _lines(["", *_event(record)])
    yield _lines(["", "", _("More: %(url)s") % {"url": url}])


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _event(record: EventRecord) -> Iterator[str]:
    title = _line(record["title"]) or _("Untitled")
    if record["status"] != Event.EventStatus.SCHEDULED:
        title = f"{Event.EventStatus(record['status']).label.upper()}: {title}"
    clock = f"{local(record['starts']):%H:%M}  " if record["starts"] and not record["all_day"] else _INDENT
    yield from wrap(title, WIDTH, initial_indent=clock, subsequent_indent=_INDENT, **_WORDS)
    for text in (record["status_note"], _until(record), record["place"], record["summary"]):
        short = Truncator(_line(text)).chars(SUMMARY_LENGTH)
        yield from wrap(short, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, **_WORDS)
    yield _INDENT + record["url"]


def _until(record: EventRecord) -> str:
    """When it ends, if not the same night."""
    starts, ends = record["starts"], record["ends"]
    if starts is None or ends is None or ends - starts < _LONG:
        return ""
    if record["all_day"]:
        last = last_day(record)
        return _("until %(time)s") % {"time": date_format(last, "l j F Y")} if last else ""
    return _("until %(time)s") % {"time": date_format(local(ends), "l j F Y, H:i")}


def _day(record: EventRecord) -> str:
    return date_format(local(record["starts"]), "l j F Y") if record["starts"] else _("Date not known yet")


def _underlined(text: str, rule: str) -> list[str]:
    lines = wrap(text, WIDTH)
    return [*lines, rule * max(map(len, lines))]


def _line(text: str) -> str:
    """`text` on one line, without what is not seen."""
    return " ".join(_INVISIBLE.sub("", printable(text)).split())
