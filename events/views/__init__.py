"""Pages of the calendar, their formats, and publishing."""

from events.views.publishing import cancel, create, kept, posted, receipts, update, withdraw
from events.views.reading import (
    archive,
    day,
    detail,
    featured,
    group_xml,
    home,
    index,
    month,
    promoted,
    series,
    this_month,
)

__all__ = [
    "archive",
    "cancel",
    "create",
    "day",
    "detail",
    "featured",
    "group_xml",
    "home",
    "index",
    "kept",
    "month",
    "posted",
    "promoted",
    "receipts",
    "series",
    "this_month",
    "update",
    "withdraw",
]
