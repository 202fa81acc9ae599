"""The event XML of Hyperactive, byte for byte: values in, bytes out. Knows no model.

It is what Rails 2.2.2 printed through Builder with fast_xs. No XML library writes these bytes: they escape fewer
characters, write `<x/>` for an empty element, or refuse what Rails replaced by an asterisk. The vectors in
fixtures/events/vectors.json come from the original software.

A record is `{"element": "event", "attributes": {column: value}}` as in the vectors, with datetimes as aware
`datetime`s; or its columns and `element` in one flat mapping. Where the array has a name, `element` may be missing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
CONTENT_TYPE = "application/xml; charset=utf-8"

# Column to type; strings and texts have none in the document. All columns of an event, in the order written.
EVENT_COLUMNS: dict[str, str] = {
    "admin_note": "string",
    "allows_comments": "boolean",
    "auto_moderation_checked": "boolean",
    "body": "string",
    "collective_id": "integer",
    "contact_email": "string",
    "contact_phone": "string",
    "content_id": "integer",
    "created_on": "datetime",
    "date": "datetime",
    "end_date": "datetime",
    "event_group_id": "integer",
    "file": "string",
    "file_content_type": "string",
    "id": "integer",
    "media_size": "integer",
    "moderation_status": "string",
    "place": "string",
    "processing_status": "integer",
    "published_by": "string",
    "source": "string",
    "stick_at_top": "boolean",
    "summary": "string",
    "title": "string",
    "updated_on": "datetime",
    "user_id": "integer",
}
COLLECTIVE_COLUMNS: dict[str, str] = {
    "created_on": "datetime",
    "id": "integer",
    "image": "string",
    "moderation_status": "string",
    "name": "string",
    "summary": "string",
    "updated_on": "datetime",
}
_COLUMN_TYPES = EVENT_COLUMNS | COLLECTIVE_COLUMNS

_ESCAPES = {'"': "&quot;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NOT_PLAIN = re.compile("[^\t\n\r !#-%'-;=?-\x7f]")


def document(element: str, attributes: Mapping[str, Any]) -> bytes:
    """One record as its own document.

    `element` is the class name, underscored (`event`, `other_media`); `attributes` maps columns to values.
    """
    return _encoded([DECLARATION, *_record(_dashed(element), attributes, indent="")])


def collection(records: Iterable[Mapping[str, Any]], root: str | None = None) -> bytes:
    """Records as an array. `root` names the array; otherwise it is named after what is in it, as Rails does."""
    if root is None:
        records = list(records)
        kinds = {record["element"] for record in records}
        root = "nil_classes" if not kinds else f"{kinds.pop()}s" if len(kinds) == 1 else "records"
    return b"".join(collection_parts(records, root))


def collection_parts(records: Iterable[Mapping[str, Any]], root: str) -> Iterator[bytes]:
    """The bytes of `collection()`, record by record, for arrays that no memory holds."""
    name, records = _dashed(root), iter(records)
    if (first := next(records, None)) is None:
        yield _encoded([DECLARATION, f'<{name} type="array"/>\n'])
        return
    yield _encoded([DECLARATION, f'<{name} type="array">\n'])
    child = name.removesuffix("s")
    for record in chain([first], records):
        yield _encoded(_record(child, _attributes_of(record), indent="  "))
    yield _encoded([f"</{name}>\n"])


def errors(messages: Iterable[str]) -> bytes:
    """Full messages, as `errors.to_xml` lists them."""
    lines = [f"  <error>{escape(message)}</error>\n" for message in messages]
    return _encoded([DECLARATION, "<errors>\n", *lines, "</errors>\n"])


def escape(text: str) -> str:
    """`text` as fast_xs writes it: ASCII with decimal references, one character for each code point."""
    return _NOT_PLAIN.sub(_escaped_character, text)


def _attributes_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    if "attributes" in record:
        return record["attributes"]
    return {column: value for column, value in record.items() if column != "element"}


def _record(name: str, attributes: Mapping[str, Any], indent: str) -> Iterator[str]:
    yield f"{indent}<{name}>\n"
    for column in sorted(attributes):
        # Rails keeps the name of a record's class in the column `type`, and out of its documents.
        if column != "type":
            tag, value = _dashed(column), attributes[column]
            yield f"{indent}  <{tag}{_tag_attributes(column, value)}>{_text(value)}</{tag}>\n"
    yield f"{indent}</{name}>\n"


def _tag_attributes(column: str, value: Any) -> str:
    kind = _COLUMN_TYPES.get(column) or _type_of(value)
    return ("" if kind == "string" else f' type="{kind}"') + (' nil="true"' if value is None else "")


def _type_of(value: Any) -> str:
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "float"), (datetime, "datetime")):
        if isinstance(value, kind):
            return name
    return "string"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone could be any instant")
        # Always four digits of the year, which strftime does not promise; a fraction of a second is cut off.
        return value.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "+00:00"
    if isinstance(value, str):
        return escape(value)
    raise TypeError(f"the format has no {type(value).__name__}")


def _float(value: float) -> str:
    """As Ruby 1.8 prints it: 15 significant digits, zeros at the end dropped, a digit on each side of the point."""
    text = f"{value:#.15g}"
    if text.endswith("."):  # 15 digits and no room for another
        text = f"{value:#.14e}"
    digits, e, exponent = text.partition("e")
    digits = digits.rstrip("0")
    return (digits + "0" if digits.endswith(".") else digits) + e + exponent


def _escaped_character(match: re.Match[str]) -> str:
    character = match[0]
    if named := _ESCAPES.get(character):
        return named
    code = ord(character)
    if code < 0x20 or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        return "*"
    if 0x80 <= code <= 0x9F:
        # Taken for a byte of Windows-1252; five bytes have no character there.
        try:
            code = ord(bytes([code]).decode("cp1252"))
        except UnicodeDecodeError:
            return "*"
    return f"&#{code};"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _encoded(parts: Iterable[str]) -> bytes:
    return "".join(parts).encode("ascii")
