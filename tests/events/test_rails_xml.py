"""The writer against what the original software printed, and against what any reader must get back."""

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from events.importer import MAX_ID, ParsedRecord, read_records
from events.rails_xml import COLLECTIVE_COLUMNS, EVENT_COLUMNS, collection, document, errors, escape

FIXTURES = Path(__file__).parents[2] / "fixtures" / "events"
VECTORS = json.loads((FIXTURES / "vectors.json").read_text())["vectors"]
DATETIME_COLUMNS = {"created_on", "date", "end_date", "updated_on"}
TEXT_COLUMNS = [column for column, kind in EVENT_COLUMNS.items() if kind == "string" and column != "moderation_status"]

# The format's section 4: what U+0080 to U+009F are in Windows-1252, an asterisk where they are nothing.
C1_AS_WINDOWS_1252 = "€*‚ƒ„…†‡ˆ‰Š‹Œ*Ž**‘’“”•–—˜™š›œ*žŸ"


def vectors(kind: str) -> pytest.MarkDecorator:
    chosen = [vector for vector in VECTORS if vector["kind"] == kind]
    return pytest.mark.parametrize("vector", chosen, ids=[vector["name"] for vector in chosen])


def values(attributes: dict) -> dict:
    """A vector's attributes, with datetimes as such."""
    return {
        column: datetime.fromisoformat(value) if value and column in DATETIME_COLUMNS else value
        for column, value in attributes.items()
    }


def expected(vector: dict) -> bytes:
    xml = vector["xml"].encode("ascii")
    assert (len(xml), sha256(xml).hexdigest()) == (vector["bytes"], vector["sha256"])
    return xml


def printed(text: str) -> str:
    """What the format makes of `text`, read from its tables: one character for each code point."""
    return "".join(
        C1_AS_WINDOWS_1252[ord(character) - 0x80]
        if "\x80" <= character <= "\x9f"
        else "*"
        if (character < " " and character not in "\t\n\r")
        or "\ud800" <= character <= "\udfff"
        or character in "\ufffe\uffff"
        else character
        for character in text
    )


def read_back(xml: bytes) -> dict[str, str]:
    """The fields of a document by any XML parser; it takes every line end for an LF."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    return {field.tag: field.text or "" for field in root}


def with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


any_text = st.text(st.characters(), max_size=60)
hostile_text = st.text(
    st.sampled_from("\r\n\t\x00\x0b\x7f\x80\x81\x85\x92 \"'&<>;#]a\ud800\ufeff\ufffe\uffff\U0001fffe"), max_size=60
)


# What the original software printed


@vectors("record")
def test_record_is_printed_as_by_the_original(vector):
    assert document(vector["element"], values(vector["attributes"])) == expected(vector)


@vectors("collection")
def test_collection_is_printed_as_by_the_original(vector):
    records = [{**record, "attributes": values(record["attributes"])} for record in vector["records"]]

    assert collection(records, root=vector["root"]) == expected(vector)


@vectors("collection")
def test_collection_takes_flat_records_too(vector):
    records = [{"element": record["element"], **values(record["attributes"])} for record in vector["records"]]

    assert collection(records, root=vector["root"]) == expected(vector)


@vectors("errors")
def test_errors_are_printed_as_by_the_original(vector):
    assert errors(vector["messages"]) == expected(vector)


def test_every_vector_of_these_kinds_is_tried():
    kinds = [vector["kind"] for vector in VECTORS]

    assert {kind: kinds.count(kind) for kind in ("record", "collection", "errors")} == {
        "record": 23,
        "collection": 3,
        "errors": 2,
    }


# Frame


def test_columns_are_written_in_byte_order_whatever_order_they_come_in():
    xml = document("event", {"file_content_type": None, "id": 1, "file": None, "date": None})

    assert [field.tag for field in etree.fromstring(xml)] == ["date", "file", "file-content-type", "id"]


def test_class_name_of_the_record_is_never_written():
    assert document("event", {"id": 1, "type": "Event"}) == document("event", {"id": 1})


def test_column_lists_are_in_the_order_of_the_document():
    assert list(EVENT_COLUMNS) == sorted(EVENT_COLUMNS)
    assert len(EVENT_COLUMNS) == 26
    assert list(COLLECTIVE_COLUMNS) == sorted(COLLECTIVE_COLUMNS)


@pytest.mark.parametrize(
    ("elements", "root", "names"),
    [
        (["event", "event"], None, ["events", "event", "event"]),
        (["other_media"], None, ["other-medias", "other-media"]),
        (["event", "article"], None, ["records", "record", "record"]),
        (["event", "article"], "events", ["events", "event", "event"]),
        (["event"], "upcoming_events", ["upcoming-events", "upcoming-event"]),
    ],
)
def test_array_and_its_children_are_named_after_what_they_are(elements, root, names):
    xml = collection([{"element": element, "id": 1} for element in elements], root=root)

    array = etree.fromstring(xml)
    assert [array.tag, *(child.tag for child in array)] == names
    assert array.attrib == {"type": "array"}


def test_named_array_needs_no_names_of_its_records():
    assert collection([{"id": 1}], root="events") == collection([{"element": "event", "id": 1}])


def test_collection_takes_a_generator():
    assert collection({"element": "event", "id": number} for number in (1, 2)) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<events type="array">\n'
        b'  <event>\n    <id type="integer">1</id>\n  </event>\n'
        b'  <event>\n    <id type="integer">2</id>\n  </event>\n</events>\n'
    )


def test_text_keeps_its_own_lines_at_every_level():
    xml = collection([{"element": "event", "body": "one\n  two\r\nthree"}])

    assert b"    <body>one\n  two\r\nthree</body>\n" in xml


# Values


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2009, 7, 1, 20, tzinfo=ZoneInfo("Europe/London")), "2009-07-01T19:00:00+00:00"),
        (datetime(2009, 12, 31, 23, 30, tzinfo=ZoneInfo("America/New_York")), "2010-01-01T04:30:00+00:00"),
        (datetime(2009, 1, 1, 5, 45, tzinfo=timezone(timedelta(hours=5, minutes=45))), "2009-01-01T00:00:00+00:00"),
        (datetime(2009, 1, 1, 12, 0, 0, 999999, tzinfo=UTC), "2009-01-01T12:00:00+00:00"),
        (datetime(999, 1, 1, tzinfo=UTC), "0999-01-01T00:00:00+00:00"),
        (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "9999-12-31T23:59:59+00:00"),
    ],
)
def test_time_of_any_zone_is_written_in_utc_without_its_fraction(moment, text):
    assert read_back(document("event", {"date": moment})) == {"date": text}


def test_both_hours_of_the_night_when_the_clock_goes_back_are_told_apart():
    first = datetime(2009, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"))

    written = [read_back(document("event", {"date": first.replace(fold=fold)}))["date"] for fold in (0, 1)]

    assert written == ["2009-10-25T00:30:00+00:00", "2009-10-25T01:30:00+00:00"]


def test_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        document("event", {"date": datetime(2009, 10, 22, 19)})


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.timezones(), allow_imaginary=True))
@settings(max_examples=100)
def test_every_time_reads_back_as_its_instant(moment):
    text = read_back(document("event", {"date": moment}))["date"]

    assert text[-6:] == "+00:00"
    assert datetime.fromisoformat(text) == moment.astimezone(UTC).replace(microsecond=0)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (51.5, "51.5"),
        (51.0, "51.0"),
        (-0.075, "-0.075"),
        (0.0, "0.0"),
        (0.1 + 0.2, "0.3"),
        (51.51770000000001, "51.5177"),
        (123456789.123456789, "123456789.123457"),
        # As Ruby 1.8 goes on where the digits run out.
        (111111111111111.0, "1.11111111111111e+14"),
        (1.05e20, "1.05e+20"),
        (0.00001, "1.0e-05"),
    ],
)
def test_float_has_up_to_fifteen_digits_and_always_a_point(number, text):
    xml = document("map", {"latitude": number})

    assert xml.decode().splitlines()[2] == f'  <latitude type="float">{text}</latitude>'


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=200)
def test_every_float_reads_back_to_fifteen_digits(number):
    text = read_back(document("map", {"latitude": number}))["latitude"]

    assert "." in text
    assert float(text) == float(f"{number:.15g}")


@given(st.integers())
def test_integer_of_any_size_is_written_in_full(number):
    assert read_back(document("event", {"media_size": number})) == {"media-size": str(number)}


@pytest.mark.parametrize("value", [b"bytes", object(), ["list"]])
def test_value_the_format_does_not_know_is_refused_rather_than_printed_as_python(value):
    with pytest.raises(TypeError, match="the format has no"):
        document("event", {"title": value})


@pytest.mark.parametrize(
    ("column", "start_tag"),
    [("title", "<title"), ("id", '<id type="integer"'), ("stick_at_top", '<stick-at-top type="boolean"')],
)
def test_null_is_marked_after_the_type(column, start_tag):
    name = column.replace("_", "-")

    assert f'  {start_tag} nil="true"></{name}>\n'.encode() in document("event", {column: None})


# Characters


def test_code_points_of_every_kind_are_written_by_the_table():
    for code in [*range(0x3000), *range(0xD7F0, 0xE010), *range(0xFDC0, 0x10010), 0x1FFFE, 0x1FFFF, 0x10FFFE, 0x10FFFF]:
        character = printed(chr(code))
        plain = {'"': "&quot;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(character, character)

        assert escape(chr(code)) == (plain if plain.isascii() else f"&#{ord(character)};"), hex(code)


def test_text_is_never_taken_for_escaped_already():
    assert escape("&nbsp;&amp;&#233;]]>") == "&amp;nbsp;&amp;amp;&amp;#233;]]&gt;"


@given(st.fixed_dictionaries(dict.fromkeys(TEXT_COLUMNS, any_text | hostile_text)))
@example(dict.fromkeys(TEXT_COLUMNS, "</title><id>1</id>]]><![CDATA[<!--\r\n--><?x?>"))
@settings(max_examples=100, deadline=None)
def test_any_text_in_any_field_is_well_formed_ascii_and_reads_back(texts):
    xml = document("event", texts)

    assert xml.isascii()
    assert xml.endswith(b"</event>\n")
    assert read_back(xml) == {
        column.replace("_", "-"): with_line_feeds(printed(text)) for column, text in texts.items()
    }


@given(st.lists(any_text | hostile_text, max_size=4))
@settings(max_examples=50)
def test_any_error_message_reads_back(messages):
    xml = errors(messages)

    assert xml.isascii()
    assert [error.text or "" for error in etree.fromstring(xml)] == [
        with_line_feeds(printed(message)) for message in messages
    ]


@st.composite
def rows(draw):
    """A row as the table can hold it, with any text in every text."""
    row = {column: draw(any_text | hostile_text) for column in TEXT_COLUMNS}
    for column in ("body", "contact_email", "contact_phone", "file", "file_content_type", "source"):
        row[column] = draw(st.none() | st.just(row[column]))
    for column, kind in EVENT_COLUMNS.items():
        if kind == "integer":
            row[column] = draw(st.none() | st.integers(0, MAX_ID))
        elif kind == "boolean":
            row[column] = draw(st.none() | st.booleans())
        elif kind == "datetime":
            row[column] = draw(
                st.none() | st.datetimes(datetime(1900, 1, 2), datetime(2100, 12, 30), timezones=st.just(UTC))
            )
    if row["date"] and row["end_date"] and row["end_date"] < row["date"]:
        row["date"], row["end_date"] = row["end_date"], row["date"]
    return row | {"id": draw(st.integers(1, MAX_ID)), "moderation_status": "published"}


@given(rows())
@settings(max_examples=100, deadline=None)
def test_own_reader_gets_every_value_back_and_carriage_returns_too(row):
    xml = document("event", row)

    (record,) = read_records(xml)

    assert isinstance(record, ParsedRecord), record
    assert document("event", record.values) == xml
    assert record.values == {
        column: printed(value)
        if isinstance(value, str)
        else value.replace(microsecond=0)
        if isinstance(value, datetime)
        else value
        for column, value in row.items()
    }
