"""What moderators may do to a post, whatever kind of post it is, and what is kept of it.

`posts` has the statuses and the deeds, `querysets` what is shown to whom; `log` what was done, by whom and why, and
its undoing; `queue` what waits for a moderator; `filters` the patterns that hold a post back.
"""

from moderation.models.filters import ContentFilter
from moderation.models.log import DONE, AlreadyUndone, Deed, Guideline, ModerationAction, SavedReply, Through, Trusted
from moderation.models.posts import PERMISSIONS, Moderated, PostChanged, Revision, Screened, Status
from moderation.models.querysets import ModeratedQuerySet, ScreenedQuerySet, by_strangers, is_moderator
from moderation.models.queue import Proposal, QueueEntry, Report

__all__ = [
    "DONE",
    "PERMISSIONS",
    "AlreadyUndone",
    "ContentFilter",
    "Deed",
    "Guideline",
    "Moderated",
    "ModeratedQuerySet",
    "ModerationAction",
    "PostChanged",
    "Proposal",
    "QueueEntry",
    "Report",
    "Revision",
    "SavedReply",
    "Screened",
    "ScreenedQuerySet",
    "Status",
    "Through",
    "Trusted",
    "by_strangers",
    "is_moderator",
]
