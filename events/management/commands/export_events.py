"""All that everybody may see, or what filters leave of it, in one file."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import starmap
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.http import QueryDict
from django.utils.translation import gettext as _
from tqdm import tqdm

from events import rails_xml
from events.forms import FilterForm
from events.listing import Listing, Span
from events.models import Event
from events.paging import all_in_order
from events.serializers import (
    event_attributes,
    event_record,
    event_times,
    ics_parts,
    json_parts,
    text_parts,
    zoned_years,
)


def _xml(listing: Listing, events: Iterable[Event]) -> Iterator[bytes]:
    return rails_xml.collection_parts(map(event_attributes, events), root="events")


def _ics(listing: Listing, events: Iterable[Event]) -> Iterator[bytes]:
    times = listing.within.order_by().values_list("date", "end_date").iterator()
    years = zoned_years(starmap(event_times, times))
    return ics_parts(map(event_record, events), listing.title, listing.url("ics"), years=years)


def _json(listing: Listing, events: Iterable[Event]) -> Iterator[bytes]:
    return json_parts(map(event_record, events), listing.title, listing.canonical)


def _text(listing: Listing, events: Iterable[Event]) -> Iterator[bytes]:
    return text_parts(map(event_record, events), listing.title, listing.url())


FORMATS: dict[str, Callable[[Listing, Iterable[Event]], Iterator[bytes]]] = {
    "xml": _xml,
    "ics": _ics,
    "json": _json,
    "txt": _text,
}
FILTERS = {
    "q": ("WORDS", "words to look for"),
    "tag": ("SLUG", "a topic; may be repeated"),
    "area": ("SLUG", "a town or district"),
    "place": ("SLUG", "a venue"),
    "group": ("SLUG", "a group, as in its address /groups/SLUG"),
    "status": ("STATUS", "featured or promoted"),
    "from": ("DAY", "the first day, as 2026-06-12, by the site's clock"),
    "to": ("DAY", "the last day"),
    "order": ("ORDER", "posted for the newest posts first; otherwise by date, what has none last"),
}


class Command(BaseCommand):
    help = (
        "Writes all events that everybody may see, past ones too, in a format of the site's lists. "
        "The filters are those of the lists."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=FORMATS, default="xml", help="xml if nothing else is said")
        parser.add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="replaced when all is written; otherwise standard output"
        )
        filters = parser.add_argument_group("filters")
        for name, (metavar, words) in FILTERS.items():
            action = "append" if name == "tag" else "store"
            filters.add_argument(f"--{name}", action=action, metavar=metavar, help=words)

    def handle(self, *args: Any, format: str, output: Path | None, **options: Any) -> None:
        try:
            self._export(self._asked_for(options), format, output)
        except Error as error:
            raise CommandError(f"The database failed, and the export ended there: {error}") from error

    def _export(self, listing: Listing, format: str, output: Path | None) -> None:
        found = listing.within if format == "xml" else listing.within.for_export()
        progress = tqdm(
            all_in_order(found, listing.orders[0]),
            total=listing.within.count() if sys.stderr.isatty() else None,
            unit=" events",
            # Not in the midst of what is printed on the same terminal.
            disable=True if output is None and self.stdout.isatty() else None,
        )
        with progress, replaced(output) if output else self._standard_output() as write:
            for part in FORMATS[format](listing, progress):
                write(part)

    def _asked_for(self, options: dict[str, Any]) -> Listing:
        asked = QueryDict(mutable=True)
        for name in FILTERS:
            if given := options[name]:
                asked.setlist(name, given if isinstance(given, list) else [given])
        form = FilterForm(asked, listing=Listing(path="/events", name=_("Events"), span=Span.PERIOD))
        listing = form.listing()
        if form.errors:
            raise CommandError(
                "\n".join(f"--{name}: {sentence}" for name, errors in form.errors.items() for sentence in errors)
            )
        return listing

    @contextmanager
    def _standard_output(self) -> Iterator[Callable[[bytes], Any]]:
        # What stands in for it may take text alone.
        buffer = getattr(self.stdout, "buffer", None)
        try:
            yield buffer.write if buffer else lambda part: self.stdout.write(part.decode(), ending="")
            self.stdout.flush()
        except OSError as error:
            # What is still in the buffer would complain again when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())
            if isinstance(error, BrokenPipeError):  # Whoever reads has had enough.
                sys.exit(1)
            raise CommandError(f"Standard output cannot be written: {error.strerror}") from error


@contextmanager
def replaced(path: Path) -> Iterator[Callable[[bytes], Any]]:
    """Writes a file that takes the place of `path` when it is whole. Raises CommandError."""
    path = path.resolve()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists() and not path.is_file():
            raise CommandError(f"{path} is no file.")
        with unfinished.open("xb") as file:
            try:
                yield file.write
                file.flush()
                os.fsync(file.fileno())
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink()
                raise
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
