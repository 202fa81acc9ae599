"""One record, many formats: the public fields of an event, and what turns them into bytes.

The functions are pure: records in, bytes or plain values out, the same for the same. Those that end in `_parts` give
the bytes piece by piece. `docs/api.md` describes for integrators what they print.
"""

from events.serializers.data import (
    collective_json,
    event_json,
    json_bytes,
    json_parts,
    log_json,
    term_json,
    to_json,
    to_json_ld,
)
from events.serializers.ics import ics_parts, pk_of_uid, to_ics, zoned_years
from events.serializers.programme import text_parts, to_text
from events.serializers.records import (
    EventRecord,
    EventTimes,
    FileRecord,
    GroupRecord,
    TermRecord,
    VenueRecord,
    collective_attributes,
    event_attributes,
    event_record,
    event_times,
)

__all__ = [
    "EventRecord",
    "EventTimes",
    "FileRecord",
    "GroupRecord",
    "TermRecord",
    "VenueRecord",
    "collective_attributes",
    "collective_json",
    "event_attributes",
    "event_json",
    "event_record",
    "event_times",
    "ics_parts",
    "json_bytes",
    "json_parts",
    "log_json",
    "pk_of_uid",
    "term_json",
    "text_parts",
    "to_ics",
    "to_json",
    "to_json_ld",
    "to_text",
    "zoned_years",
]
