"""Pages of the calendar, their formats, and publishing."""

from events.views.links import (
    claim,
    detail_by_link,
    kept,
    link_revoked,
    lost_link,
    lost_link_sent,
    mail_link,
    renew_link,
    revoke_link,
)
from events.views.publishing import cancel, create, posted, receipts, update, withdraw
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
    "cancel",
    "claim",
    "create",
    "day",
    "detail",
    "detail_by_link",
    "featured",
    "group_xml",
    "home",
    "index",
    "kept",
    "link_revoked",
    "lost_link",
    "lost_link_sent",
    "mail_link",
    "month",
    "posted",
    "promoted",
    "receipts",
    "renew_link",
    "revoke_link",
    "this_month",
    "update",
    "withdraw",
]
