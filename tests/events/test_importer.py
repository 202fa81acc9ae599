import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from collectives.models import Collective, User
from events.importer import (
    MAX_FIELD_SIZE,
    MAX_FILE_SIZE,
    MAX_ID,
    Outcome,
    ParsedRecord,
    Refusal,
    import_record,
    read_records,
)
from events.models import Event, EventGroup
from events.rails_xml import EVENT_COLUMNS, collection, document
from moderation.models import QueueEntry, Status
from tests.concurrency import at_once
from tests.factories import make_collective, make_event, make_user

GENUINE = (Path(__file__).parents[2] / "fixtures" / "events" / "2565.xml").read_bytes()

PLAIN: dict[str, Any] = {
    "admin_note": "<p>Created by: wheels.</p>",
    "allows_comments": True,
    "auto_moderation_checked": False,
    "body": "<p>Tools & tea.</p>",
    "collective_id": None,
    "contact_email": None,
    "contact_phone": None,
    "content_id": None,
    "created_on": datetime(2009, 9, 1, 8, 5, 9, tzinfo=UTC),
    "date": datetime(2009, 9, 12, 18, 30, tzinfo=UTC),
    "end_date": None,
    "event_group_id": None,
    "file": None,
    "file_content_type": None,
    "id": 2401,
    "media_size": None,
    "moderation_status": "published",
    "place": "",
    "processing_status": None,
    "published_by": "wheels",
    "source": None,
    "stick_at_top": None,
    "summary": "<p>1 Example Street</p>",
    "title": "Bike repair",
    "updated_on": datetime(2009, 9, 3, 21, 40, tzinfo=UTC),
    "user_id": None,
}


def values_with(**values: Any) -> dict[str, Any]:
    return PLAIN | values


def xml_of(**values: Any) -> bytes:
    return document("event", values_with(**values))


def record_of(**values: Any) -> ParsedRecord:
    return ParsedRecord(1, values_with(**values))


def xml_with(element: str, replacement: str) -> bytes:
    """The plain event with the whole element `element` replaced."""
    replaced, number = re.subn(f"<{element}[ >].*?</{element}>", lambda _: replacement, xml_of().decode(), flags=re.S)
    assert number == 1
    return replaced.encode()


def read(data: bytes) -> list[Any]:
    """Of each record its values, or why it was refused."""
    return [record.values if isinstance(record, ParsedRecord) else str(record) for record in read_records(data)]


def stored(pk: int) -> dict[str, Any]:
    return Event.objects.values(*EVENT_COLUMNS).get(pk=pk)


def exported(*pks: int) -> bytes:
    rows = Event.objects.in_bulk(pks)
    return collection([{"element": "event", "attributes": stored(pk)} for pk in pks if pk in rows], root="events")


# Reading what is right


def test_read_genuine_document():
    (values,) = read(GENUINE)

    assert values["id"] == 2565
    assert values["title"] == "Dual Power Discussion on Autonomist Leninism"
    assert values["date"] == datetime(2009, 10, 22, 19, tzinfo=UTC)
    assert (values["place"], values["source"]) == ("", None)
    assert document("event", values) == GENUINE


def test_read_collection_in_order():
    data = collection([{"element": "event", "attributes": values_with(id=pk)} for pk in (3, 1, 2)])

    records = list(read_records(data))

    assert [(record.number, record.values["id"]) for record in records] == [(1, 3), (2, 1), (3, 2)]


@pytest.mark.parametrize("data", [b'<events type="array"/>', b'<nil-classes type="array"/>', collection([])])
def test_read_empty_collection(data):
    assert read(data) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + xml_of(),
        xml_of().replace(b'encoding="UTF-8"', b"encoding='utf-8'"),
        xml_of().split(b"\n", 1)[1],
        xml_of().replace(b"<event>", b"<!-- from a backup --><?tool x?><event>"),
        xml_of().replace(b"<title>", b"<!-- between fields --><title>"),
        xml_of().replace(b"Bike repair", b"<![CDATA[Bike repair]]>"),
        xml_of().replace(b"Bike repair", b"Bi&#107;e &#x72;epair"),
        xml_of().replace(b"\n", b"\r\n"),
        xml_of() + b"\n<!-- the end -->\n",
    ],
    ids=["mark", "declared", "undeclared", "comment", "between", "cdata", "references", "crlf file", "after"],
)
def test_read_other_ways_to_write_the_same(data):
    assert read(data) == [PLAIN]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2009-09-12T18:30:00+00:00", datetime(2009, 9, 12, 18, 30, tzinfo=UTC)),
        ("2009-09-12T18:30:00Z", datetime(2009, 9, 12, 18, 30, tzinfo=UTC)),
        ("2009-09-12T18:30:00-00:00", datetime(2009, 9, 12, 18, 30, tzinfo=UTC)),
        ("2009-09-12T18:30:00.999+00:00", datetime(2009, 9, 12, 18, 30, tzinfo=UTC)),
        ("2009-09-12T20:30:00+02:00", datetime(2009, 9, 12, 18, 30, tzinfo=UTC)),
        ("2009-09-12T13:00:00-05:30", datetime(2009, 9, 12, 18, 30, tzinfo=UTC)),
        ("2008-02-29T00:00:00+00:00", datetime(2008, 2, 29, tzinfo=UTC)),
        ("1900-01-01T00:00:00+00:00", datetime(1900, 1, 1, tzinfo=UTC)),
        ("2100-12-31T23:59:59+00:00", datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_read_honours_offsets(written, instant):
    (values,) = read(xml_with("date", f'<date type="datetime">{written}</date>'))

    assert values["date"] == instant


def test_read_keeps_carriage_returns_of_texts():
    """The format writes them raw, and an XML parser alone would make each a line feed."""
    values = values_with(body="one\r\ntwo\rthree\n\r", summary="\r", title="a\rb")

    assert read(document("event", values)) == [values]


def test_read_keeps_carriage_returns_in_cdata():
    data = xml_of().replace(b"Bike repair", b"<![CDATA[a\r<b> & c]]>")

    (values,) = read(data)

    assert values["title"] == "a\r<b> & c"


def test_read_takes_carriage_returns_of_a_converted_file_for_its_line_ends():
    data = document("event", values_with(body="one\ntwo")).replace(b"\n", b"\r\n")

    assert read(data) == [values_with(body="one\ntwo")]


# Reading what is wrong: the one record


@pytest.mark.parametrize(
    ("element", "replacement", "reason"),
    [
        ("title", "", "is missing"),
        ("title", "<title>One</title><title>Two</title>", "is there twice"),
        ("title", "<title>One <b>two</b></title>", "holds other elements; a field holds text only"),
        ("title", "<title>One<!-- two --></title>", "holds a comment; a field holds text only"),
        ("title", "<title>One<?two three?></title>", "holds a processing instruction; a field holds text only"),
        ("title", "<title>" + "x" * 256 + "</title>", "has 256 characters; 255 are allowed"),
        ("title", '<title type="string">One</title>', "must have no type"),
        ("title", '<title lang="en">One</title>', "has no attribute lang"),
        ("title", '<title nil="true"></title>', "cannot be nil"),
        ("place", '<place nil="true"></place>', "cannot be nil"),
        ("summary", '<summary nil="true"></summary>', "cannot be nil"),
        ("admin-note", '<admin-note nil="true"></admin-note>', "cannot be nil"),
        ("published-by", '<published-by nil="true"></published-by>', "cannot be nil"),
        ("source", '<source nil="true">x</source>', "is nil and has content"),
        ("source", '<source nil="true"> </source>', "is nil and has content"),
        ("source", '<source nil="false"></source>', 'nil can only be "true", not "false"'),
        (
            "moderation-status",
            "<moderation-status>approved</moderation-status>",
            'must be one of pending, published, promoted, featured, hidden, not "approved"',
        ),
        ("moderation-status", '<moderation-status nil="true"></moderation-status>', "cannot be nil"),
        ("allows-comments", "<allows-comments>true</allows-comments>", 'must have type="boolean"'),
        ("allows-comments", '<allows-comments type="integer">1</allows-comments>', 'must have type="boolean"'),
        ("allows-comments", '<allows-comments type="boolean">1</allows-comments>', 'must be true or false, not "1"'),
        (
            "allows-comments",
            '<allows-comments type="boolean">True</allows-comments>',
            'must be true or false, not "True"',
        ),
        ("allows-comments", '<allows-comments type="boolean"></allows-comments>', 'must be true or false, not ""'),
        ("id", '<id type="integer" nil="true"></id>', "cannot be nil"),
        ("id", '<id type="integer">0</id>', "must be positive"),
        ("id", '<id type="integer">-1</id>', "must be positive"),
        ("id", '<id type="integer">9223372036854775808</id>', "does not fit 63 bits"),
        ("id", f'<id type="integer">{"9" * 100_000}</id>', "does not fit 63 bits"),
        ("id", '<id type="integer">9223372036854775807</id>', "leaves no room for ids above it"),
        ("user-id", '<user-id type="integer">9223372036854775807</user-id>', "leaves no room for ids above it"),
        ("collective-id", '<collective-id type="integer">-3</collective-id>', "cannot be negative"),
        ("media-size", '<media-size type="integer">-9223372036854775809</media-size>', "does not fit 63 bits"),
        *[
            ("id", f'<id type="integer">{text}</id>', f'is no whole number: "{shown}"')
            for text, shown in [
                ("1_0", "1_0"),
                ("+1", "+1"),
                (" 1", " 1"),
                ("1\n", r"1\n"),
                ("1.0", "1.0"),
                ("0x1", "0x1"),
                ("", ""),
                ("١٢", r"\u0661\u0662"),
            ]
        ],
        *[
            (
                "date",
                f'<date type="datetime">{text}</date>',
                f'must be like 2009-10-22T19:00:00+00:00, not "{text}"',
            )
            for text in [
                "",
                "2009-09-12",
                "2009-09-12T18:30:00",
                "2009-09-12 18:30:00+00:00",
                "2009-09-12T18:30+00:00",
                "2009-09-12T18:30:00+0000",
                "2009-09-12T18:30:00+00:60",
                "12009-09-12T18:30:00Z",
                "now",
            ]
        ],
        *[
            ("date", f'<date type="datetime">{text}</date>', f'is no real time: "{text}"')
            for text in [
                "2009-02-29T00:00:00+00:00",
                "2009-13-01T00:00:00+00:00",
                "2009-01-01T24:00:00+00:00",
                "2009-01-01T00:00:60+00:00",
                "2009-01-01T00:00:00+24:00",
                "0000-01-01T00:00:00+00:00",
                "0001-01-01T00:00:00+01:00",
                "9999-12-31T23:59:59-01:00",
            ]
        ],
        *[
            ("date", f'<date type="datetime">{text}</date>', f'is not between the years 1900 and 2100: "{text}"')
            for text in [
                "1899-12-31T23:59:59+00:00",
                "2101-01-01T00:00:00+00:00",
                "2100-12-31T23:00:00-02:00",
                "1900-01-01T00:00:00+00:01",
            ]
        ],
        ("end-date", '<end-date type="datetime">2009-09-12T18:29:59+00:00</end-date>', "is before date"),
    ],
)
def test_bad_field_refuses_its_record_and_no_other(element, replacement, reason):
    good = [xml_of(id=pk).split(b"\n", 1)[1] for pk in (1, 3)]
    bad = xml_with(element, replacement).split(b"\n", 1)[1]

    first, refusal, last = read_records(b'<events type="array">' + good[0] + bad + good[1] + b"</events>")

    assert [first.values["id"], last.values["id"]] == [1, 3]
    assert (refusal.number, refusal.field, refusal.reason) == (2, element, reason)
    assert str(refusal).isascii()


@pytest.mark.parametrize(
    ("data", "refusals"),
    [
        (
            xml_of().replace(b"</event>", b"<links>x</links></event>"),
            ["record 1, id 2401, links: no event has such a field"],
        ),
        (
            xml_of().replace(b"</event>", "<s\u00fcß>x</s\u00fcß></event>".encode()),
            [r"record 1, id 2401, s\xfc\xdf: no event has such a field"],
        ),
        (
            xml_of().replace(b"<title>", b'<title xmlns="urn:x">'),
            ["record 1, id 2401, {urn:x}title: no event has such a field"],
        ),
        (xml_of().replace(b"<title>", b"stray <title>"), ["record 1, id 2401: there is text between the fields"]),
        (xml_of().replace(b"<event>", b'<event type="x">'), ["record 1, id 2401: <event> has no attribute type"]),
        (b"<event/>", ["record 1, admin-note: is missing"]),
        (
            b'<events type="array"><article/><event/></events>',
            ["record 1: <article> where only events can be", "record 2, admin-note: is missing"],
        ),
        (b'<nil-classes type="array"><event/></nil-classes>', ["record 1: <event> where only events can be"]),
        (
            b'<events type="array">one<event/>two</events>',
            ["there is text between the records", "record 1, admin-note: is missing"],
        ),
    ],
    ids=["unknown", "not ascii", "namespace", "text", "attribute", "nothing", "article", "nil-classes", "between"],
)
def test_bad_record_is_refused(data, refusals):
    assert read(data) == refusals


def test_field_of_one_megabyte_is_the_longest():
    longest, too_long = "x" * MAX_FIELD_SIZE, "é" * (MAX_FIELD_SIZE // 2) + "x"

    data = collection(
        [
            {"element": "event", "attributes": values_with(body=body, id=pk)}
            for pk, body in ((1, longest), (2, too_long))
        ]
    )

    assert read(data) == [values_with(id=1, body=longest), "record 2, id 2, body: is longer than 1 MB"]


@pytest.mark.parametrize("column", ["body", "summary", "admin_note"])
def test_html_field_holds_ten_thousand_tags_at_most(column):
    assert len(read(xml_of(**{column: "<b>" * 10_000}))) == 1
    assert read(xml_of(**{column: "<b>" * 10_001})) == [
        f"record 1, id 2401, {column.replace('_', '-')}: has more than 10000 tags"
    ]


# Reading what is wrong: the whole file


ENTITY_BOMB = (
    b'<!DOCTYPE event [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b" \r\n\t", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"x" * (MAX_FILE_SIZE + 1), "the file is larger than 50 MB"),
        (b"A poem.", "line 1: not well-formed XML"),
        (b"{}", "line 1: not well-formed XML"),
        (b"<", "line 1: not well-formed XML"),
        (b"\x1f\x8b\x08\x00compressed", "line 1: a byte that is not UTF-8"),
        (b"<html><p>", 'the root must be <event> or <events type="array">, not <html>'),
        (b"<events/>", 'the root must be <event> or <events type="array">, not <events>'),
        (b'<events type="array" page="2"/>', 'the root must be <event> or <events type="array">, not <events>'),
        (
            xml_of().replace(b"<event>", b'<event xmlns="urn:x">'),
            'the root must be <event> or <events type="array">, not <{urn:x}event>',
        ),
        (xml_of().replace(b"<event>", b"<!DOCTYPE event>\n<event>"), "line 2: a document type or entity"),
        (xml_of().replace(b"<event>", ENTITY_BOMB + b"<event>"), "line 2: a document type or entity"),
        (
            xml_of().replace(b"<event>", b'<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><event>'),
            "line 2: a document type or entity",
        ),
        (xml_of().decode().encode("utf-16"), "line 1: a byte that is not UTF-8"),
        (xml_of().decode().encode("utf-16-le"), "line 1: not well-formed XML"),
        (xml_of().decode().encode("utf-32"), "line 1: a byte that is not UTF-8"),
        (xml_of().replace(b"UTF-8", b"UTF-7"), "line 1: the encoding must be UTF-8, not UTF-7"),
        (xml_of().replace(b"UTF-8", b"UTF-16"), "line 1: the encoding must be UTF-8, not UTF-16"),
        (xml_of().replace(b"UTF-8", b"ISO-8859-1"), "line 1: the encoding must be UTF-8, not ISO-8859-1"),
        (xml_of().replace(b"UTF-8", b"\xff\x1b[31m"), r"line 1: the encoding must be UTF-8, not \xff\x1b[31m"),
        (b" " + xml_of(), "line 1: not well-formed XML"),
        (b"<event>" + b"<a>" * 100_000, "record 1: line 1: not well-formed XML"),
        (b"<event>\0</event>", "record 1: line 1: not well-formed XML"),
        (b"<" + b"x" * 11_000_000 + b"/>", "line 1: not well-formed XML"),
    ],
    ids=lambda value: str(value[:30]) if isinstance(value, bytes) else "",
)
def test_unreadable_file_is_one_refusal(data, reason):
    (refusal,) = read(data)

    assert refusal.startswith(reason)
    assert refusal.isascii()


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (b"caf\xe9", "a byte that is not UTF-8"),
        (b"\xed\xa0\x80", "a byte that is not UTF-8"),
        (b"\xc0\xbc", "a byte that is not UTF-8"),
        (b"a\0b", "not well-formed XML"),
        (b"&#0;", "not well-formed XML"),
        (b"&#xD800;", "not well-formed XML"),
        (b"&#xFFFE;", "not well-formed XML"),
        (b"\x01", "not well-formed XML"),
        (b"&nbsp;", "not well-formed XML"),
        (b"&a;", "not well-formed XML"),
        (b"<b>", "not well-formed XML"),
    ],
)
def test_bytes_that_are_no_xml_end_the_file_but_keep_the_records_before(what, reason):
    good = xml_of(id=1).split(b"\n", 1)[1]
    bad = xml_of(id=2).split(b"\n", 1)[1].replace(b"Bike repair", what)

    first, refusal = read_records(b'<events type="array">\n' + good + bad + b"</events>")

    assert first.values["id"] == 1
    assert (refusal.number, refusal.id) == (2, 2)
    assert reason in refusal.reason
    assert refusal.reason.startswith("line ")


@pytest.mark.parametrize("tail", [b"x", b"\0", b"<event/>", GENUINE])
def test_what_follows_the_root_is_refused(tail):
    first, refusal = read(GENUINE + tail)

    assert first["id"] == 2565
    assert refusal.startswith("line 35: not well-formed XML")


def test_every_truncation_is_refused():
    """Only the line end after the root may be missing."""
    data = xml_of()

    results = [read(data[:length]) for length in range(len(data) - 1)]

    assert [result for result in results if len(result) != 1 or not isinstance(result[0], str)] == []


def test_inclusion_is_not_followed():
    include = b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'

    assert read(xml_of().replace(b"Bike repair", include)) == [
        "record 1, id 2401, title: holds other elements; a field holds text only"
    ]


# Whatever a row can hold

# What XML can carry and the writer leaves as it is: no controls, no C1 (they become Windows-1252 characters).
characters = st.one_of(
    st.sampled_from("\r\n\t <>&\"'é\u20ac\ufeff\U0001f6b2]"),
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
)
instants = st.datetimes(
    datetime(1900, 1, 1), datetime(2100, 12, 31, 23, 59, 59), timezones=st.just(UTC), allow_imaginary=False
).map(lambda instant: instant.replace(microsecond=0))
integers = st.integers(-(2**63), 2**63 - 1)


def texts(limit: int = 40) -> st.SearchStrategy[str]:
    return st.text(characters, max_size=limit)


def rows(highest_id: int = MAX_ID) -> st.SearchStrategy[dict[str, Any]]:
    ids = st.integers(1, highest_id)
    columns = {
        "admin_note": texts(),
        "allows_comments": st.none() | st.booleans(),
        "auto_moderation_checked": st.none() | st.booleans(),
        "body": st.none() | texts(200),
        "collective_id": st.none() | ids,
        "contact_email": st.none() | texts(),
        "contact_phone": st.none() | texts(),
        "content_id": st.none() | integers,
        "created_on": st.none() | instants,
        "date": st.none() | instants,
        "end_date": st.none() | instants,
        "event_group_id": st.none() | ids,
        "file": st.none() | texts(),
        "file_content_type": st.none() | texts(),
        "id": ids,
        "media_size": st.none() | integers,
        "moderation_status": st.sampled_from(Status.values),
        "place": texts(),
        "processing_status": st.none() | integers,
        "published_by": texts(),
        "source": st.none() | texts(),
        "stick_at_top": st.none() | st.booleans(),
        "summary": texts(),
        "title": texts(),
        "updated_on": st.none() | instants,
        "user_id": st.none() | ids,
    }
    return st.fixed_dictionaries(columns).filter(
        lambda row: not (row["date"] and row["end_date"]) or row["date"] <= row["end_date"]
    )


@given(rows())
@settings(max_examples=150, deadline=None)
def test_any_row_is_read_as_it_was_written(row):
    assert read(document("event", row)) == [row]


@given(st.lists(rows(), max_size=3))
@settings(max_examples=50, deadline=None)
def test_any_rows_are_read_as_they_were_written(values):
    assert read(collection([{"element": "event", "attributes": row} for row in values])) == values


snippets = st.binary(max_size=4) | st.sampled_from(
    b'< > & ; - " \0 \r \xff \xef\xbb\xbf <!-- --> <![CDATA[ ]]> <? ?> <!DOCTYPE &#13; &#0; &x; 999999999999999999999 '
    b'</event> <event> <title> </title> nil="true" type="array"'.split(b" ")
)
edits = st.lists(st.tuples(st.integers(0, len(GENUINE)), st.integers(0, 200), snippets), min_size=1, max_size=6)


@given(edits)
@settings(max_examples=400, deadline=None)
def test_damaged_document_is_read_or_refused_in_ascii(changes):
    data = GENUINE
    for position, length, snippet in changes:
        data = data[:position] + snippet + data[position + length :]

    for record in read_records(data):
        assert isinstance(record, ParsedRecord) or str(record).isascii()


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_in_ascii(data):
    for result in read(data):
        assert result.isascii()


# Storing


@pytest.mark.django_db
def test_import_stores_every_value_as_it_came():
    values = values_with(
        body="<script>alert(1)</script>\r\n<p>as it is",
        allows_comments=None,
        stick_at_top=False,
        media_size=-1,
        file="a.pdf",
    )

    outcome = import_record(ParsedRecord(1, values))

    assert outcome == Outcome.CREATED
    assert stored(2401) == values


@pytest.mark.django_db
@given(st.lists(rows(10**6), min_size=1, max_size=3, unique_by=lambda row: row["id"]))
@settings(max_examples=20, deadline=None)
def test_export_and_import_and_export_are_the_same_bytes(values):
    ids_here = [row["id"] for row in values]
    first = collection([{"element": "event", "attributes": row} for row in values], root="events")

    outcomes = [import_record(record) for record in read_records(first)]
    second = exported(*ids_here)
    again = [import_record(record) for record in read_records(second)]

    Event.objects.all().delete()
    User.objects.all().delete()
    Collective.objects.all().delete()
    EventGroup.objects.all().delete()
    assert outcomes == [Outcome.CREATED] * len(values)
    assert second == first
    assert again == [Outcome.UNCHANGED] * len(values)


@pytest.mark.django_db
def test_import_again_is_unchanged_and_writes_nothing():
    import_record(record_of(user_id=262, collective_id=27))
    before = [list(model.objects.order_by("pk").values()) for model in (Event, User, Collective, EventGroup)]

    outcome = import_record(record_of(user_id=262, collective_id=27))

    after = [list(model.objects.order_by("pk").values()) for model in (Event, User, Collective, EventGroup)]
    assert outcome == Outcome.UNCHANGED
    assert after == before


@pytest.mark.django_db
def test_own_post_exported_and_imported_is_unchanged():
    """The format has no fractions of seconds; that they are missing is no difference."""
    event = make_event(date=datetime(2026, 1, 1, 12, 0, 0, 999_999, tzinfo=UTC))
    (record,) = read_records(document("event", stored(event.pk)))

    assert import_record(record) == Outcome.UNCHANGED


@pytest.mark.django_db
def test_other_content_under_an_id_is_refused_and_the_row_intact():
    import_record(record_of())
    before = stored(2401)

    refusal = import_record(record_of(title="Other", end_date=PLAIN["date"], collective_id=27))

    assert str(refusal) == (
        "record 1, id 2401: another event with this id is here; use --update to replace it "
        "(different: collective-id, end-date, title)"
    )
    assert stored(2401) == before
    assert not Collective.objects.exists()


@pytest.mark.django_db
def test_null_and_empty_are_different_content():
    import_record(record_of(source=None))

    assert isinstance(import_record(record_of(source="")), Refusal)


@pytest.mark.django_db
def test_update_replaces_an_older_version():
    import_record(record_of())
    Event.objects.update(body_source="typed", summary_source="typed")
    later = values_with(title="Other", body="<p>New</p>", updated_on=PLAIN["updated_on"] + timedelta(days=1), user_id=5)

    outcome = import_record(ParsedRecord(1, later), update=True)

    assert outcome == Outcome.UPDATED
    assert stored(2401) == later
    event = Event.objects.get()
    assert (event.body_source, event.summary_source) == (None, "typed")
    assert list(event.moderation_log) == []


@pytest.mark.django_db
@pytest.mark.parametrize("updated_on", [None, PLAIN["updated_on"] - timedelta(seconds=1)])
def test_update_does_not_overwrite_later_edits(updated_on):
    import_record(record_of())
    before = stored(2401)

    refusal = import_record(record_of(title="Other", updated_on=updated_on), update=True)

    assert str(refusal) == "record 1, id 2401, updated-on: the event here was changed later than this record"
    assert stored(2401) == before


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["pending", "published", "promoted", "featured"])
def test_update_never_brings_back_what_is_hidden(status):
    import_record(record_of(moderation_status="hidden"))
    later = PLAIN["updated_on"] + timedelta(days=1)

    refusal = import_record(record_of(moderation_status=status, updated_on=later), update=True)

    assert str(refusal) == "record 1, id 2401: the event was hidden here; an import does not bring it back"
    assert stored(2401)["moderation_status"] == "hidden"


@pytest.mark.django_db
def test_update_that_hides_is_in_the_moderation_log():
    import_record(record_of())
    later = PLAIN["updated_on"] + timedelta(days=1)

    import_record(record_of(moderation_status="hidden", updated_on=later), update=True)

    log = Event.objects.get().moderation_log.values_list("from_status", "to_status", "user", "private_note")
    assert list(log) == [("published", "hidden", None, "import_events --update")]


@pytest.mark.django_db
def test_update_that_hides_what_nobody_saw_here_was_public_where_it_comes_from(settings):
    settings.MODERATION_POLICY = "review"
    import_record(record_of(moderation_status="pending"))
    assert Event.objects.get().public_since is None
    assert QueueEntry.objects.exists()
    later = PLAIN["updated_on"] + timedelta(days=1)

    import_record(record_of(moderation_status="hidden", updated_on=later), update=True)

    assert Event.objects.once_public().exists()
    assert not QueueEntry.objects.exists()


@pytest.mark.django_db
def test_update_of_the_same_is_unchanged():
    import_record(record_of())

    assert import_record(record_of(), update=True) == Outcome.UNCHANGED


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status.values)
def test_imported_event_that_is_hidden_here_or_later_was_public(status):
    """So its page answers 410 and not 404. When it was posted is the best that is known."""
    import_record(record_of(moderation_status=status))

    assert Event.objects.get().public_since == PLAIN["created_on"]


@pytest.mark.django_db
@override_settings(MODERATION_POLICY="review")
def test_imported_event_that_waits_for_review_was_not_public():
    import_record(record_of(moderation_status="pending"))

    assert Event.objects.get().public_since is None


@pytest.mark.django_db
@override_settings(TIME_ZONE="Europe/London")
def test_clock_times_are_read_in_the_zone_of_the_site():
    summer = values_with(
        date=datetime(2009, 7, 1, 19, tzinfo=UTC),
        end_date=datetime(2009, 12, 1, 19, tzinfo=UTC),
        created_on=datetime(2009, 6, 1, 19, tzinfo=UTC),
    )

    outcomes = [import_record(ParsedRecord(1, summer), clock_times=True) for _ in range(2)]

    row = stored(2401)
    assert outcomes == [Outcome.CREATED, Outcome.UNCHANGED]
    assert row["date"] == datetime(2009, 7, 1, 18, tzinfo=UTC)
    assert row["end_date"] == datetime(2009, 12, 1, 19, tzinfo=UTC)
    assert (row["created_on"], row["updated_on"]) == (summer["created_on"], summer["updated_on"])


@pytest.mark.django_db
@override_settings(TIME_ZONE="Europe/London")
def test_clock_time_that_the_clocks_skipped_and_ends_before_it_starts_is_refused():
    skipped = record_of(
        date=datetime(2009, 3, 29, 1, 30, tzinfo=UTC), end_date=datetime(2009, 3, 29, 2, 15, tzinfo=UTC)
    )

    assert str(import_record(skipped, clock_times=True)) == "record 1, id 2401, end-date: is before date"


@pytest.mark.django_db
@override_settings(TIME_ZONE="Europe/London")
def test_times_are_instants_without_clock_times():
    import_record(record_of(date=datetime(2009, 7, 1, 19, tzinfo=UTC)))

    assert stored(2401)["date"] == datetime(2009, 7, 1, 19, tzinfo=UTC)


# Accounts, collectives and series that a record names


@pytest.mark.django_db
def test_placeholders_have_the_ids_of_the_record():
    import_record(record_of(user_id=262, collective_id=27, event_group_id=12))

    assert list(User.objects.values_list("pk", "username", "is_active")) == [(262, "imported-262", False)]
    assert list(Collective.objects.values_list("pk", "name", "slug")) == [(27, "Group 27", "group-27")]
    assert list(EventGroup.objects.values_list("pk", flat=True)) == [12]


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["", "!", "imported-262", None])
def test_nobody_can_log_in_to_a_placeholder(client, password):
    import_record(record_of(user_id=262))

    user = User.objects.get()
    assert not user.has_usable_password()
    assert not user.is_staff
    assert not user.is_superuser
    assert authenticate(username="imported-262", password=password) is None
    assert not client.login(username="imported-262", password=password)


@pytest.mark.django_db
def test_accounts_and_collectives_that_are_here_stay_as_they_are():
    user, collective = make_user("amy"), make_collective("Open House")

    import_record(record_of(user_id=user.pk, collective_id=collective.pk))

    assert list(User.objects.values_list("username", "is_active")) == [("amy", True)]
    assert list(Collective.objects.values_list("name", flat=True)) == ["Open House"]
    assert (Event.objects.get().user, Event.objects.get().collective) == (user, collective)


@pytest.mark.django_db
def test_placeholder_gives_way_to_a_name_that_is_taken():
    make_user("imported-262000")
    make_collective("Group 27000")

    import_record(record_of(user_id=262_000, collective_id=27_000))

    assert User.objects.get(pk=262_000).username == "imported-262000_"
    assert Collective.objects.get(pk=27_000).slug == "group-27000-2"


@pytest.mark.django_db
def test_record_that_the_database_refuses_leaves_no_placeholder():
    """Whatever the parser lets through, a record goes in whole or not at all."""
    refusal = import_record(record_of(user_id=262, moderation_status="approved"))

    assert isinstance(refusal, Refusal)
    assert str(refusal).startswith("record 1, id 2401: the database refused it: ")
    assert str(refusal).isascii()
    assert not Event.objects.exists()
    assert not User.objects.exists()


# The next id


@pytest.fixture
def sequences_restored(db):
    """PostgreSQL keeps what a sequence gave out when the test is rolled back; what follows needs small ids."""
    yield
    Event.objects.all().delete()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Event]):
            cursor.execute(statement)


@pytest.mark.django_db
def test_new_rows_get_ids_above_the_imported_ones():
    highest = make_event().pk + make_user().pk + make_collective().pk + EventGroup.objects.create().pk + 1000
    import_record(record_of(id=highest, user_id=highest, collective_id=highest, event_group_id=highest))
    import_record(record_of(id=highest - 500, user_id=highest - 500))

    new = [make_event(), make_user(), make_collective(), EventGroup.objects.create()]

    assert [row.pk for row in new] == [highest + 1] * 4


@pytest.mark.django_db
def test_new_event_finds_an_id_above_the_highest_that_an_import_takes(sequences_restored):
    import_record(record_of(id=MAX_ID))

    assert make_event().pk == MAX_ID + 1


@pytest.mark.django_db
def test_dry_run_takes_no_ids():
    last = [make_event().pk, make_user().pk, make_collective().pk, EventGroup.objects.create().pk]
    columns = ["id", "user_id", "collective_id", "event_group_id"]

    with transaction.atomic():
        outcome = import_record(
            record_of(**{column: pk + 1000 for column, pk in zip(columns, last, strict=True)}), dry_run=True
        )
        transaction.set_rollback(True)

    new = [make_event().pk, make_user().pk, make_collective().pk, EventGroup.objects.create().pk]
    assert outcome == Outcome.CREATED
    assert new == [pk + 1 for pk in last]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_imports_at_once_leave_the_next_id_above_all_of_theirs():
    start = make_event().pk
    ids_of_each = [range(start + first, start + 401, 4) for first in (1, 2, 3, 4)]

    def imported(pks: range) -> list[Any]:
        return [import_record(record_of(id=pk)) for pk in pks]

    outcomes = at_once(*[lambda pks=pks: imported(pks) for pks in ids_of_each])

    assert [set(outcome) for outcome in outcomes] == [{Outcome.CREATED}] * 4
    assert make_event().pk == start + 401
