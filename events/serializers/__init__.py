"""One record, many formats: the public fields of an event, and what turns them into bytes.

The functions are pure: records in, bytes or plain values out, the same for the same. `docs/api.md` describes for
integrators what they print.
"""

from events.serializers.data import collective_json, event_json, json_bytes, to_json, to_json_ld
from events.serializers.ics import to_ics
from events.serializers.programme import to_text
from events.serializers.records import (
    EventRecord,
    FileRecord,
    GroupRecord,
    TermRecord,
    VenueRecord,
    collective_attributes,
    event_attributes,
    event_record,
)

__all__ = [
    "EventRecord",
    "FileRecord",
    "GroupRecord",
    "TermRecord",
    "VenueRecord",
    "collective_attributes",
    "collective_json",
    "event_attributes",
    "event_json",
    "event_record",
    "json_bytes",
    "to_ics",
    "to_json",
    "to_json_ld",
    "to_text",
]
