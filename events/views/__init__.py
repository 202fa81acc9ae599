"""Pages of the calendar, their formats, and publishing."""

from events.views.publishing import (
    clash,
    copy,
    copy_by_link,
    create,
    kept,
    posted,
    receipts,
    text_preview,
    update,
    withdraw,
)
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
    this_month,
)

__all__ = [
    "archive",
    "clash",
    "copy",
    "copy_by_link",
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
    "text_preview",
    "this_month",
    "update",
    "withdraw",
]
