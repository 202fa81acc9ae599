"""Event XML from anywhere: the one parser, and the one function that stores a record.

`read_records()` trusts nothing and touches no database. The parser builds no tree: records leave one by one,
and elements, comments and instructions inside a field are seen as such instead of cutting its text short. A
DOCTYPE is refused before any parser runs, because with entities switched off lxml gives empty text without an
error.

`import_record()` stores what was read as it is, HTML included; cleaning is the business of every output.
"""

import codecs
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import timezone as offset_zone
from enum import StrEnum
from typing import Any

from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils import timezone
from lxml import etree

from collectives.models import Collective, User
from events.calendar import YEARS
from events.models import Event, EventGroup
from events.rails_xml import EVENT_COLUMNS, document
from events_site.sanitizing import MAX_IMPORTED_TAGS
from moderation.models import Revision, Status

MAX_FILE_SIZE = 50 * 1024 * 1024
MAX_FIELD_SIZE = 1024 * 1024
# New rows get ids above the highest, and a database that has given out its last id takes no more rows.
MAX_ID = 2**63 - 2**32

_CHUNK = 64 * 1024
_BLANKS = " \t\r\n"
_COLUMNS = {column.replace("_", "-"): column for column in EVENT_COLUMNS}
_MODEL_FIELDS = {field.attname: field for field in Event._meta.concrete_fields}
_HTML_COLUMNS = ("admin_note", "body", "summary")

_DECLARED_ENCODING = re.compile(rb"<\?xml\b[^>]*?\sencoding\s*=\s*[\"']([^\"']*)")
_DOCUMENT_TYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_TAG = re.compile("</?[a-zA-Z]")
_INTEGER = re.compile("-?[0-9]+")
_DATETIME = re.compile(
    "([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.[0-9]+)?(?:Z|([+-])([0-9]{2}):([0-5][0-9]))"
)


@dataclass(frozen=True)
class ParsedRecord:
    """All columns of one event, of the right types. `number` counts the records of the file from 1."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """Why a record, or the file from some line on, did not go in. `field` is the name of the element."""

    reason: str
    number: int | None = None
    id: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        where = [
            f"record {self.number}" if self.number is not None else "",
            f"id {self.id}" if self.id is not None else "",
            self.field or "",
        ]
        return ": ".join(filter(None, [", ".join(filter(None, where)), self.reason]))


class Outcome(StrEnum):
    CREATED = "created"
    UNCHANGED = "unchanged"
    UPDATED = "updated"


class _Unacceptable(Exception):  # noqa: N818
    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


# Reading


def read_records(data: bytes) -> Iterator[ParsedRecord | Refusal]:
    """The records of one file, in order. What is wrong with one of them does not concern the others.

    Where the file itself is malformed, the records before that place come first, then one refusal that names
    the line.
    """
    reader = _Reader()
    try:
        content, complaint = _checked(data)
        parser = etree.XMLParser(
            target=reader,
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            recover=False,
        )
        try:
            for start in range(0, len(content), _CHUNK):
                parser.feed(content[start : start + _CHUNK])
                yield from reader.take()
            parser.close()
        except etree.XMLSyntaxError as error:
            yield from reader.take()
            problem = re.sub(r",? line \d+, column \d+$", "", " ".join(error.msg.split()))
            where = f"line {error.lineno or 1}"
            yield reader.refusal(complaint or f"{where}: not well-formed XML ({_shown(problem, 200)})")
        else:
            yield from reader.take()
            if complaint:
                yield Refusal(complaint)
    except _Unacceptable as problem:
        yield Refusal(problem.reason)


def _checked(data: bytes) -> tuple[bytes, str]:
    """`data` as the parser may have it: UTF-8 without a mark, carriage returns guarded.

    Ends before the first byte that is not UTF-8; the second value is what to say about that byte.
    """
    if len(data) > MAX_FILE_SIZE:
        raise _Unacceptable(f"the file is larger than {MAX_FILE_SIZE // 1024**2} MB")
    data = data.removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        raise _Unacceptable("the file is empty")
    declared = _DECLARED_ENCODING.match(data)
    if declared and declared[1].lower() != b"utf-8":
        name = _shown(declared[1].decode("latin-1"))
        raise _Unacceptable(f"line 1: the encoding must be UTF-8, not {name}")
    if found := _DOCUMENT_TYPE.search(data):
        where = f"line {_line(data, found.start())}"
        raise _Unacceptable(f"{where}: a document type or entity declaration is not accepted")
    complaint = ""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        complaint = f"line {_line(data, error.start)}: a byte that is not UTF-8"
        data = data[: error.start]
    return _with_carriage_returns(data), complaint


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


_CONVERTED = re.compile(rb"\s*(?:<\?xml[^>]*\?>[ \t]*)?(?:<events?\b[^>]*>[ \t]*)?\r")
# What is never closed runs to the end, so that each byte is looked at once.
_MARKUP = re.compile(
    rb"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|(?P<tag><[^>]*(?:>|\Z))|\r",
    re.DOTALL,
)


def _with_carriage_returns(data: bytes) -> bytes:
    """`data` with the CRs of field texts as references: the format writes them raw, and parsers make them LF.

    A file whose own line ends have a CR was converted as a whole by some tool; there the parser does right.
    """
    if b"\r" not in data or _CONVERTED.match(data):
        return data
    in_field = False

    def guarded(match: re.Match[bytes]) -> bytes:
        nonlocal in_field
        if match["tag"]:
            in_field = not match["tag"].startswith(b"</") and not match["tag"].endswith(b"/>")
        elif in_field and match[0] == b"\r":
            return b"&#13;"
        elif match["cdata"] and b"\r" in match["cdata"] and match[0].endswith(b"]]>"):
            # A reference means nothing inside CDATA.
            return html.escape(match["cdata"].decode(), quote=False).replace("\r", "&#13;").encode()
        return match[0]

    return _MARKUP.sub(guarded, data)


class _Reader:
    """lxml's parser target. Keeps what came of the record at hand, and the records that are complete."""

    def __init__(self) -> None:
        self._complete: list[ParsedRecord | Refusal] = []
        self._root = ""
        self._depth = 0
        self._number = 0
        self._record: _RawRecord | None = None
        self._has_stray_text = False

    def take(self) -> list[ParsedRecord | Refusal]:
        complete, self._complete = self._complete, []
        return complete

    def refusal(self, reason: str) -> Refusal:
        """A refusal of the file from here on."""
        return self._record.refusal(reason) if self._record else Refusal(reason)

    # The names of methods and arguments from here on are lxml's.

    def start(self, tag: Any, attrib: Mapping[Any, Any]) -> None:
        self._depth += 1
        if self._depth == 1:
            is_array = tag in ("events", "nil-classes") and dict(attrib) == {"type": "array"}
            if tag != "event" and not is_array:
                raise _Unacceptable(f'the root must be <event> or <events type="array">, not <{_shown(tag)}>')
            self._root = tag
        depth_in_record = self._depth - (1 if self._root == "event" else 2)
        if depth_in_record < 0:
            return
        if self._record is None:
            self._number += 1
            self._record = _RawRecord(self._number)
            if tag != "event" or self._root == "nil-classes":
                self._record.complain(f"<{_shown(tag)}> where only events can be")
            elif attrib:
                self._record.complain(f"<event> has no attribute {_shown(min(attrib))}")
        elif depth_in_record == 1:
            self._record.open_field(tag, dict(attrib))
        else:
            self._record.complain_of_field("holds other elements; a field holds text only")

    def end(self, tag: Any) -> None:
        self._depth -= 1
        if self._record is None:
            return
        depth_in_record = self._depth - (0 if self._root == "event" else 1)
        if depth_in_record == 0:
            self._complete.append(self._record.parsed())
            self._record = None
        elif depth_in_record == 1:
            self._record.close_field()

    def data(self, data: Any) -> None:
        if self._record is not None:
            self._record.add_text(data)
        elif data.strip(_BLANKS) and not self._has_stray_text:
            self._has_stray_text = True
            self._complete.append(Refusal("there is text between the records"))

    def comment(self, text: Any) -> None:
        if self._record is not None:
            self._record.complain_of_field("holds a comment; a field holds text only")

    def pi(self, target: Any, data: Any = None) -> None:
        if self._record is not None:
            self._record.complain_of_field("holds a processing instruction; a field holds text only")

    def close(self) -> None:
        pass


@dataclass
class _RawField:
    name: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def text(self) -> str:
        return "".join(self.parts)


class _RawRecord:
    """A record while it is read. The first thing wrong with it is remembered, and the rest of it skipped."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.problem: _Unacceptable | None = None
        self.fields: dict[str, _RawField] = {}
        self.open: _RawField | None = None

    def complain(self, reason: str, field: str | None = None) -> None:
        self.problem = self.problem or _Unacceptable(reason, field)

    def complain_of_field(self, reason: str) -> None:
        if self.open:
            self.complain(reason, _shown(self.open.name))

    def open_field(self, name: str, attributes: dict[str, str]) -> None:
        self.open = _RawField(name, attributes)
        if name not in _COLUMNS:
            self.complain_of_field("no event has such a field")
        elif name in self.fields:
            self.complain_of_field("is there twice")
        else:
            self.fields[name] = self.open

    def close_field(self) -> None:
        self.open = None

    def add_text(self, text: str) -> None:
        if self.open is None:
            if text.strip(_BLANKS):
                self.complain("there is text between the fields")
            return
        self.open.size += len(text.encode())
        if self.open.size > MAX_FIELD_SIZE:
            self.complain_of_field(f"is longer than {MAX_FIELD_SIZE // 1024**2} MB")
        else:
            self.open.parts.append(text)

    def refusal(self, reason: str, field: str | None = None) -> Refusal:
        return Refusal(reason, self.number, self._id(), field)

    def parsed(self) -> ParsedRecord | Refusal:
        try:
            if self.problem:
                raise self.problem
            for name in _COLUMNS:
                if name not in self.fields:
                    raise _Unacceptable("is missing", name)
            values = {column: _value(column, self.fields[name]) for name, column in _COLUMNS.items()}
            _check_order(values)
        except _Unacceptable as problem:
            return self.refusal(problem.reason, problem.field)
        return ParsedRecord(self.number, values)

    def _id(self) -> int | None:
        try:
            return _integer("id", self.fields["id"].text)
        except (KeyError, _Unacceptable):
            return None


def _value(column: str, raw: _RawField) -> Any:
    """The field as Python has it. Raises _Unacceptable."""
    try:
        kind = EVENT_COLUMNS[column]
        attributes = raw.attributes
        expected = {} if kind == "string" else {"type": kind}
        for name in attributes:
            if name not in ("type", "nil"):
                raise _Unacceptable(f"has no attribute {_shown(name)}")
        if attributes.get("type") != expected.get("type"):
            wanted = f'type="{kind}"' if expected else "no type"
            raise _Unacceptable(f"must have {wanted}")
        if (nil := attributes.get("nil")) is not None:
            if nil != "true":
                raise _Unacceptable(f'nil can only be "true", not "{_shown(nil)}"')
            if raw.size:
                raise _Unacceptable("is nil and has content")
            if not _MODEL_FIELDS[column].null:
                raise _Unacceptable("cannot be nil")
            return None
        return _READERS[kind](column, raw.text)
    except _Unacceptable as problem:
        raise _Unacceptable(problem.reason, raw.name) from None


def _string(column: str, text: str) -> str:
    if column == "moderation_status" and text not in Status.values:
        raise _Unacceptable(f'must be one of {", ".join(Status.values)}, not "{_shown(text)}"')
    limit = _MODEL_FIELDS[column].max_length
    if limit and len(text) > limit:
        raise _Unacceptable(f"has {len(text)} characters; {limit} are allowed")
    if column in _HTML_COLUMNS and sum(1 for _ in _TAG.finditer(text)) > MAX_IMPORTED_TAGS:
        raise _Unacceptable(f"has more than {MAX_IMPORTED_TAGS} tags")
    return text


def _integer(column: str, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise _Unacceptable(f'is no whole number: "{_shown(text)}"')
    # The length first: int() refuses very long texts with an error of its own.
    if len(text) > 20 or not -(2**63) <= (number := int(text)) < 2**63:
        raise _Unacceptable("does not fit 63 bits")
    if column == "id" and number < 1:
        raise _Unacceptable("must be positive")
    if column in _REFERENCES and number < 0:
        raise _Unacceptable("cannot be negative")
    if (column == "id" or column in _REFERENCES) and number > MAX_ID:
        raise _Unacceptable("leaves no room for ids above it")
    return number


def _boolean(column: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise _Unacceptable(f'must be true or false, not "{_shown(text)}"')
    return text == "true"


def _datetime(column: str, text: str) -> datetime:
    match = _DATETIME.fullmatch(text)
    if not match:
        raise _Unacceptable(f'must be like 2009-10-22T19:00:00+00:00, not "{_shown(text)}"')
    *numbers, sign, hours, minutes = match.groups()
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = offset_zone(-offset if sign == "-" else offset)
        year, month, day, hour, minute, second = map(int, numbers)
        instant = datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Unacceptable(f'is no real time: "{_shown(text)}"') from None
    if instant.year not in YEARS:
        raise _Unacceptable(f'is not between the years {YEARS[0]} and {YEARS[-1]}: "{_shown(text)}"')
    return instant


_READERS = {"string": _string, "integer": _integer, "boolean": _boolean, "datetime": _datetime}


def _check_order(values: Mapping[str, Any]) -> None:
    if values["date"] and values["end_date"] and values["end_date"] < values["date"]:
        raise _Unacceptable("is before date", "end-date")


def _shown(text: str, length: int = 60) -> str:
    """A stranger's text for a terminal: short, and nothing in it but printable ASCII."""
    return text[:length].encode("unicode_escape").decode()


# Storing


def import_record(
    record: ParsedRecord, *, update: bool = False, clock_times: bool = False, dry_run: bool = False
) -> Outcome | Refusal:
    """Stores a record whole or not at all, with its id and times, and makes the accounts and groups it names.

    An id that is here already is compared; with `update` the later version wins, but what is hidden here
    stays hidden. With `clock_times` the digits of `date` and `end_date` are clock times in the site's
    TIME_ZONE. With `dry_run` nothing is done that would outlive the caller's transaction.
    """
    values = dict(record.values)
    try:
        if clock_times:
            for column in ("date", "end_date"):
                if values[column]:
                    zone = timezone.get_default_timezone()
                    values[column] = values[column].replace(tzinfo=zone).astimezone(UTC)
            _check_order(values)
        with transaction.atomic():
            event = Event.objects.select_for_update().filter(pk=values["id"]).first()
            if event is None:
                _create(values, dry_run=dry_run)
                return Outcome.CREATED
            differing = [column for column in EVENT_COLUMNS if not _prints_same(column, event, values)]
            if not differing:
                return Outcome.UNCHANGED
            if not update:
                names = ", ".join(column.replace("_", "-") for column in differing)
                raise _Unacceptable(
                    f"another event with this id is here; use --update to replace it (different: {names})"
                )
            _update(event, values, dry_run=dry_run)
            return Outcome.UPDATED
    except _Unacceptable as problem:
        return Refusal(problem.reason, record.number, values["id"], problem.field)
    except (IntegrityError, DataError) as error:
        return Refusal(f"the database refused it: {_shown(str(error), 200)}", record.number, values["id"])


def _prints_same(column: str, event: Event, values: Mapping[str, Any]) -> bool:
    """Whether the format can tell the two apart: it has no fractions of seconds, for one."""
    return document("event", {column: getattr(event, column)}) == document("event", {column: values[column]})


def _create(values: Mapping[str, Any], *, dry_run: bool) -> None:
    # The event's table first: whoever deletes an account or a collective locks them in this order too.
    if not dry_run:
        _move_sequence(Event, values["id"])
    _make_references(values, dry_run=dry_run)
    event = Event(**values)
    _note_public_past(event, values["moderation_status"])
    event.save(keep_times=True, force_insert=True)


def _update(event: Event, values: Mapping[str, Any], *, dry_run: bool) -> None:
    if event.is_hidden and values["moderation_status"] != Status.HIDDEN:
        raise _Unacceptable("the event was hidden here; an import does not bring it back")
    ours = event.updated_on and event.updated_on.replace(microsecond=0)
    if ours and (values["updated_on"] is None or ours > values["updated_on"]):
        raise _Unacceptable("the event here was changed later than this record", "updated-on")
    _make_references(values, dry_run=dry_run)
    # What was typed is no longer what the text came from.
    if event.summary != values["summary"]:
        event.summary_source = None
    if event.body != values["body"]:
        event.body_source = None
    before, version = event.content(), event.version
    for column, value in values.items():
        if column != "moderation_status":
            setattr(event, column, value)
    _note_public_past(event, values["moderation_status"])
    event.save(keep_times=True)
    if event.content() != before:
        Revision.objects.create(post=event, version=version, content=before)
    if event.moderation_status != values["moderation_status"]:
        event.adopt(Status(values["moderation_status"]), note="import_events --update")


def _note_public_past(event: Event, status: str) -> None:
    """What is imported as hidden was public once, where it comes from: its page answers 410, not 404."""
    if status == Status.HIDDEN and event.public_since is None:
        event.public_since = event.created_on or timezone.now()


def _make_references(values: Mapping[str, Any], *, dry_run: bool) -> None:
    """Makes the accounts, collectives and series that the record names by id and that are not here."""
    for column, (model, placeholder) in _REFERENCES.items():
        pk = values[column]
        if pk is None or model._default_manager.filter(pk=pk).exists():
            continue
        if not dry_run:
            _move_sequence(model, pk)
        placeholder(pk).save(force_insert=True)


def _placeholder_user(pk: int) -> User:
    """An account that nobody can log in to."""
    username = f"imported-{pk}"
    while User.objects.filter(username=username).exists():
        username += "_"
    user = User(pk=pk, username=username, is_active=False)
    user.set_unusable_password()
    return user


def _placeholder_collective(pk: int) -> Collective:
    return Collective(pk=pk, name=f"Group {pk}", moderation_status=Status.PUBLISHED)


def _placeholder_series(pk: int) -> EventGroup:
    return EventGroup(pk=pk)


_REFERENCES: dict[str, tuple[type[models.Model], Any]] = {
    "user_id": (User, _placeholder_user),
    "collective_id": (Collective, _placeholder_collective),
    "event_group_id": (EventGroup, _placeholder_series),
}


def _move_sequence(model: type[models.Model], pk: int) -> None:
    """Makes PostgreSQL give out ids above `pk` from now on. SQLite's AUTOINCREMENT does so by itself.

    It comes before the row, so that nobody else can be given the row's id. The lock keeps other writers from the
    table until the transaction ends: between the look at the sequence and the change nobody takes an id, and no
    other import moves it. A rollback leaves the sequence moved, which costs nothing but numbers.
    """
    if connection.vendor != "postgresql":
        return
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            """
            SELECT setval(mine.name::regclass, %s)
            FROM pg_get_serial_sequence(%s, 'id') AS mine (name)
            JOIN pg_sequences AS known ON mine.name = format('%%I.%%I', known.schemaname, known.sequencename)
            WHERE COALESCE(known.last_value, 0) < %s
            """,
            [pk, table, pk],
        )
