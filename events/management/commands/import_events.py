"""Events of other sites, from their XML."""

import os
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, transaction
from tqdm import tqdm

from events.importer import MAX_FILE_SIZE, Outcome, Refusal, import_record, read_records

STANDARD_INPUT = "-"


class Command(BaseCommand):
    help = 'Imports events from XML: of one event, of <events type="array">, or folders of such files.'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", nargs="+", help="a file, a folder, or - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument(
            "--update", action="store_true", help="let a later version of an event replace the one that is here"
        )
        parser.add_argument(
            "--clock-times",
            action="store_true",
            help="read date and end-date as clock times in the site's TIME_ZONE, not as UTC",
        )

    def handle(self, *args: Any, source: list[str], dry_run: bool, **options: Any) -> None:
        self.counts: Counter[str] = Counter()
        how = {"update": options["update"], "clock_times": options["clock_times"], "dry_run": dry_run}
        try:
            if dry_run:
                with transaction.atomic():
                    self._import_all(source, how)
                    transaction.set_rollback(True)
            else:
                self._import_all(source, how)
        except Error as error:
            raise CommandError(
                f"The database failed, and the import ended there; it may be repeated: {_printable(str(error))}"
            ) from error
        counted = ", ".join(f"{outcome}: {self.counts[outcome]}" for outcome in [*Outcome, "refused"])
        self.stdout.write(f"{'Nothing was written. Would be ' if dry_run else ''}{counted}")
        if self.counts["refused"]:
            raise CommandError("Not everything could be imported; the reasons are above.")

    def _import_all(self, sources: list[str], how: dict[str, bool]) -> None:
        files = list(self._files(sources))
        # Not the methods of Path: they raise what os.path takes for "no".
        total = sum(os.path.getsize(path) for path in files if os.path.isfile(path)) or None
        with tqdm(total=total, unit="B", unit_scale=True, disable=None) as progress:
            for path in files:
                if (data := self._read(path)) is None:
                    continue
                step = len(data) // (data.count(b"</event>") or 1)
                advanced = 0
                for record in read_records(data):
                    result = record if isinstance(record, Refusal) else import_record(record, **how)
                    if isinstance(result, Refusal):
                        self._refuse(path, result)
                    else:
                        self.counts[result] += 1
                    progress.update(min(step, len(data) - advanced))
                    advanced = min(advanced + step, len(data))
                progress.update(len(data) - advanced)

    def _files(self, sources: list[str]) -> Iterator[Path]:
        for source in sources:
            path = Path(source)
            if not os.path.isdir(path):
                yield path
            elif found := sorted(file for file in path.rglob("*.xml") if not os.path.isdir(file)):
                yield from found
            else:
                self._refuse(path, Refusal("there is no .xml file in this folder"))

    def _read(self, path: Path) -> bytes | None:
        """At most one byte more than allowed, for the parser to refuse."""
        try:
            if str(path) == STANDARD_INPUT:
                return sys.stdin.buffer.read(MAX_FILE_SIZE + 1)
            with path.open("rb") as file:
                return file.read(MAX_FILE_SIZE + 1)
        except (OSError, ValueError) as error:
            self._refuse(path, Refusal(f"cannot be read: {_printable(getattr(error, 'strerror', None) or str(error))}"))
            return None

    def _refuse(self, path: Path, refusal: Refusal) -> None:
        self.counts["refused"] += 1
        name = "standard input" if str(path) == STANDARD_INPUT else _printable(str(path))
        with tqdm.external_write_mode(file=sys.stderr):
            self.stderr.write(f"{name}: {refusal}")


def _printable(text: str) -> str:
    """`text` in plain ASCII: a file name, for one, can hold line ends, commands to a terminal and lone surrogates."""
    return "".join(letter if " " <= letter <= "~" else letter.encode("unicode_escape").decode() for letter in text)
