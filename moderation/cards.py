"""The queue as a moderator reads it: each post with all that a decision needs, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db import models

from moderation.deeds import key_of, offered
from moderation.diffs import FieldDiff, differences
from moderation.models import Deed, Moderated, ModerationAction, QueueEntry, Report, Revision
from moderation.models.queue import QueueQuerySet


@dataclass
class Card:
    """One post that waits. `context` has the posts to compare it with, by name."""

    entry: QueueEntry
    post: Moderated
    key: str
    deeds: list[Deed]
    next_key: str = ""
    diff: list[FieldDiff] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    matches: list[ModerationAction] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def buttons(self) -> list[Deed]:
        """The deeds that need no further question, the likeliest first."""
        return [deed for deed in self.deeds if deed != Deed.HIDE]

    @property
    def can_be_hidden(self) -> bool:
        return Deed.HIDE in self.deeds


def kinds() -> list[type[Moderated]]:
    """Every kind of post of the site."""
    return [model for model in apps.get_models() if issubclass(model, Moderated)]


def with_posts(entries: QueueQuerySet) -> QueueQuerySet:
    posts: list[Any] = [kind.objects.for_queue() for kind in kinds()]
    return entries.select_related("claimed_by").prefetch_related(GenericPrefetch("post", posts))


def cards(entries: Sequence[QueueEntry], user: Any) -> list[Card]:
    """What to show of these entries. Those whose post is gone are left out."""
    found = [
        Card(entry, entry.post, key_of(entry.post), _deeds(entry, user)) for entry in entries if entry.post is not None
    ]
    if not found:
        return []
    of_these = models.Q()
    for kind in {type(card.post) for card in found}:
        group = [card for card in found if type(card.post) is kind]
        of_these |= models.Q(
            content_type=group[0].entry.content_type_id, object_id__in=[card.post.pk for card in group]
        )
        context = kind.objects.with_context([card.post for card in group])
        for card in group:
            card.context = context.get(card.post.pk, {})
    reports, matches, revisions = defaultdict(list), defaultdict(list), defaultdict(list)
    for report in Report.objects.filter(of_these, answer=None):
        reports[report.content_type_id, report.object_id].append(report)
    caught = ModerationAction.objects.filter(of_these, deed__in=[Deed.HOLD, Deed.MARK]).select_related("content_filter")
    for action in caught:
        matches[action.content_type_id, action.object_id].append(action)
    for revision in Revision.objects.filter(of_these).order_by("version"):
        revisions[revision.content_type_id, revision.object_id].append(revision)
    for card, following in zip(found, [*found[1:], None], strict=True):
        where = card.entry.content_type_id, card.entry.object_id
        card.reports, card.matches = reports[where], matches[where]
        card.next_key = following.key if following else ""
        reviewed = card.post.reviewed_version
        before = next((each for each in revisions[where] if reviewed is not None and each.version >= reviewed), None)
        if before:
            card.diff = differences(before.content, card.post.content())
    return found


def _deeds(entry: QueueEntry, user: Any) -> list[Deed]:
    assert entry.post is not None
    deeds = offered(entry.post, user)
    # What nobody has reviewed cannot be left as it is; reports on it can be dismissed.
    only_new = entry.is_new and not entry.is_reported
    may_dismiss = user.has_perm("moderation.publish") and not only_new and not entry.is_held
    return [Deed.DISMISS, *deeds] if may_dismiss else deeds
