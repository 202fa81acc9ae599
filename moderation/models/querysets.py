"""Which posts are shown, to whom. Where a post is left out is decided here and nowhere else."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from moderation.models.log import (
    PERMISSIONS,
    ModerationAction,
    Status,
    Through,
)
from moderation.models.queue import QueueEntry

# How many posts of a sort a moderator is shown beside another.
FEW = 3
# An account younger than this may have been made for a flood.
NEW_ACCOUNT = timedelta(days=1)


def is_moderator(user: Any) -> bool:
    """Whether `user` sees hidden posts and may edit everybody's: who may hide a post must be able to see it then.

    The permission to publish alone is no such thing; it lets a trusted author post without review.
    """
    return bool(user.has_perm(PERMISSIONS[Status.HIDDEN]))


def by_strangers() -> models.Q:
    """Posts of people the site does not know: without an account, or under a new one that nobody trusts."""
    new = models.Q(user__is_trusted=False, user__date_joined__gte=timezone.now() - NEW_ACCOUNT)
    return models.Q(user=None) | new


class ModeratedQuerySet(models.QuerySet):
    def visible(self) -> Self:
        """What everybody sees. The one place that leaves hidden posts out of listings, feeds and counts."""
        return self.filter(moderation_status__in=Status.public())

    def visible_to(self, user: Any) -> Self:
        return self.all() if is_moderator(user) else self.visible()

    def featured(self) -> Self:
        return self.filter(moderation_status=Status.FEATURED)

    def promoted(self) -> Self:
        return self.filter(moderation_status=Status.PROMOTED)

    def unscreened(self) -> Self:
        """Posts that the content filters have not seen, where their kind remembers it."""
        return self.none()

    def from_strangers(self) -> Self:
        """What somebody the site does not know sent by a form, where their kind takes such posts."""
        return self.none()

    def is_flooded(self) -> bool:
        """Whether strangers send more than FLOOD_POSTS_PER_HOUR. Counted in the database, and no further than that."""
        since = timezone.now() - timedelta(hours=1)
        lately = self.from_strangers().filter(created_on__gte=since).order_by()
        return lately[: settings.FLOOD_POSTS_PER_HOUR + 1].count() > settings.FLOOD_POSTS_PER_HOUR

    def for_queue(self) -> Self:
        """With what the moderators' queue shows of a post."""
        return self.all()

    def with_context(self, posts: Sequence[Any]) -> dict[int, dict[str, Any]]:
        """What a moderator compares each of `posts` with, by primary key: the latest few of each sort under its name.

        One query, whatever the number of posts: a union of small ones, each of which an index answers. As one
        condition joined by OR, the database would read the whole table.
        """
        found: dict[int, dict[str, list[Any]]] = {post.pk: {} for post in posts}
        shown = self.model.objects.order_by().only(*self.model.compared_fields)
        parts = [
            shown.filter(pk__in=others.values("pk")[:FEW]).annotate(
                beside=models.Value(post.pk, models.BigIntegerField()), how=models.Value(how)
            )
            for post in posts
            for how, others in post.others_to_compare()
        ]
        if parts:
            for other in parts[0].union(*parts[1:], all=True):
                found[other.beside].setdefault(other.how, []).append(other)
        for kinds in found.values():
            for others in kinds.values():
                others.sort(key=lambda other: other.pk, reverse=True)
        return found

    def with_hiding(self) -> Self:
        """With `hiding_deed`, `hiding_clause` and `hiding_reason`: how a post was last hidden."""
        hiding = ModerationAction.objects.hidings().filter(
            content_type=ContentType.objects.get_for_model(self.model), object_id=models.OuterRef("pk")
        )
        return self.annotate(
            hiding_deed=models.Subquery(hiding.values("deed")[:1]),
            hiding_clause=models.Subquery(hiding.values("clause__title")[:1]),
            hiding_reason=models.Subquery(hiding.values("public_reason")[:1]),
        )

    def save_like(self, leader: Any, posts: Sequence[Any]) -> list[Any]:
        """Saves new posts that say what `leader` says, in a few queries however many they are.

        They share its status and what the filters did to it, and stand behind it in the queue, where one judgement
        is enough for all. To be called in the transaction that saves `leader`, after its screening.
        """
        for post in posts:
            post.moderation_status, post.is_held = leader.moderation_status, leader.is_held
            post._note_times()
        saved = self.bulk_create(posts)
        caught = leader.moderation_log.filter(through=Through.FILTER).order_by("pk")
        ModerationAction.objects.bulk_create(action.repeated_for(post) for action in caught for post in saved)
        if entry := QueueEntry.objects.of(leader).first():
            QueueEntry.objects.put_behind(saved, entry)
        return saved

    def once_public(self) -> Self:
        """Posts that were public when they were taken down: 410 rather than 404."""
        return self.filter(moderation_status=Status.HIDDEN, public_since__isnull=False)


class ScreenedQuerySet(ModeratedQuerySet):
    def unscreened(self) -> Self:
        return self.exclude(auto_moderation_checked=True)
