"""One record, many formats: the public fields of an event, and what turns them into bytes.

The functions are pure: records in, bytes or plain values out, the same for the same. `docs/api.md` describes for
integrators what they print.
"""

from events.serializers.data import event_json, to_json, to_json_ld
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
    "event_attributes",
    "event_json",
    "event_record",
    "to_ics",
    "to_json",
    "to_json_ld",
    "to_text",
]
