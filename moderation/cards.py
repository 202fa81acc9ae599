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
        return sorted((deed for deed in self.deeds if deed != Deed.HIDE), key=lambda deed: deed != Deed.DISMISS)

    @property
    def can_be_hidden(self) -> bool:
        return Deed.HIDE in self.deeds


def kinds() -> list[type[Moderated]]:
    """Every kind of post of the site."""
    return [model for model in apps.get_models() if issubclass(model, Moderated)]


def with_posts(entries: QueueQuerySet) -> QueueQuerySet:
    posts: list[Any] = [kind.objects.for_queue() for kind in kinds()]
    return entries.with_number_behind().select_related("claimed_by").prefetch_related(GenericPrefetch("post", posts))


def cards(entries: Sequence[QueueEntry], user: Any) -> list[Card]:
    """What to show of these entries. Those whose post is gone are left out."""
    found = [
        Card(entry, entry.post, key_of(entry.post), offered(entry.post, user, entry))
        for entry in entries
        if entry.post is not None
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
    reports: dict[tuple[int, int], list[Report]] = defaultdict(list)
    matches: dict[tuple[int, int], dict[int | None, ModerationAction]] = defaultdict(dict)
    for report in Report.objects.filter(of_these, answer=None):
        reports[report.content_type_id, report.object_id].append(report)
    caught = ModerationAction.objects.standing().filter(of_these, deed__in=[Deed.HOLD, Deed.MARK])
    for action in caught.select_related("content_filter"):
        matches[action.content_type_id, action.object_id].setdefault(action.content_filter_id, action)
    reviewed = _as_reviewed(found)
    for card, following in zip(found, [*found[1:], None], strict=True):
        where = card.entry.content_type_id, card.entry.object_id
        card.reports = reports[where]
        if card.entry.is_marked or card.entry.is_held:
            card.matches = list(matches[where].values())
        card.next_key = following.key if following else ""
        if before := reviewed.get(where):
            card.diff = differences(before, card.post.content())
    return found


def _as_reviewed(found: list[Card]) -> dict[tuple[int, int], dict[str, str]]:
    """What each post said when it was last judged, where it says something else now: one revision of each."""
    parts = [
        Revision.objects.filter(
            pk__in=Revision.objects.filter(
                content_type=card.entry.content_type_id,
                object_id=card.post.pk,
                version__gte=card.post.reviewed_version,
            )
            .order_by("version")
            .values("pk")[:1]
        )
        for card in found
        if card.post.reviewed_version is not None
    ]
    revisions = parts[0].union(*parts[1:], all=True) if parts else []
    return {(revision.content_type_id, revision.object_id): revision.content for revision in revisions}
