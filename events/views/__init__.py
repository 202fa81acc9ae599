"""Pages of the calendar, their formats, and publishing."""

from events.views.comments import add_comment, add_comment_by_link, comment, comment_posted, withdraw_comment
from events.views.publishing import cancel, create, kept, posted, receipts, update, withdraw
from events.views.reading import (
    archive,
    day,
    detail,
    featured,
    group_events,
    group_xml,
    home,
    index,
    month,
    promoted,
    this_month,
)

__all__ = [
    "add_comment",
    "add_comment_by_link",
    "archive",
    "cancel",
    "comment",
    "comment_posted",
    "create",
    "day",
    "detail",
    "featured",
    "group_events",
    "group_xml",
    "home",
    "index",
    "kept",
    "month",
    "posted",
    "promoted",
    "receipts",
    "this_month",
    "update",
    "withdraw",
    "withdraw_comment",
]
