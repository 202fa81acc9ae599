"""Additions: further information by readers about an event. Not a chat."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from events.models.events import Event
from events_site.sanitizing import plain_text, validate_line, validate_text
from moderation.models import Screened, ScreenedQuerySet, Status, by_strangers, is_moderator

COMMENTS_ON_A_PAGE = 50
WEEK = timedelta(days=7)


class CommentPage(NamedTuple):
    """Some of an event's comments. `next` is the number of the following page, None on the last."""

    comments: list["Comment"]
    number: int
    next: int | None


class CommentQuerySet(ScreenedQuerySet):
    def visible(self) -> Self:
        """What everybody sees: a hidden event takes its comments along, and the site may do without any."""
        if not settings.COMMENTS:
            return self.none()
        return super().visible().filter(event__in=Event.objects.visible())

    def visible_to(self, user: Any) -> Self:
        """What `user` may see: an author also sees what waits for review."""
        if is_moderator(user) or not user.is_authenticated:
            return super().visible_to(user)
        if not settings.COMMENTS:
            return self.none()
        waiting = models.Q(moderation_status=Status.PENDING) | models.Q(is_held=True)
        return self.filter(
            models.Q(moderation_status__in=Status.public()) | waiting & models.Q(user=user),
            event__in=Event.objects.visible_to(user),
        )

    def from_strangers(self) -> Self:
        return self.filter(by_strangers(), submission_key__isnull=False)

    def for_queue(self) -> Self:
        return self.select_related("event", "user")

    def in_order(self) -> Self:
        """As they stand on the event's page: whoever organises it first, then the oldest."""
        return self.order_by("-is_organiser", "id")

    def page(self, number: int = 1, *, size: int = COMMENTS_ON_A_PAGE) -> CommentPage:
        """Page `number` of an event's comments, from 1 on."""
        start = (number - 1) * size
        found = list(self.in_order()[start : start + size + 1])
        return CommentPage(found[:size], number, number + 1 if len(found) > size else None)

    def page_of(self, comment: "Comment", *, size: int = COMMENTS_ON_A_PAGE) -> int:
        """The number of the page on which `comment` stands among these."""
        before = models.Q(is_organiser=comment.is_organiser, pk__lt=comment.pk)
        if not comment.is_organiser:
            before |= models.Q(is_organiser=True)
        return self.filter(before).count() // size + 1


class Comment(Screened):
    """Further information about an event, by a reader or by whoever organises it."""

    event = models.ForeignKey(
        Event,
        verbose_name=_("event"),
        on_delete=models.CASCADE,
        related_name="comments",
        db_index=False,  # comment_on_page begins with it
    )
    body = models.TextField(_("text"))
    # What the author typed; null when the text did not come from a form.
    body_source = models.TextField(null=True, editable=False, validators=[validate_text])
    published_by = models.CharField(_("posted by"), max_length=255, default="", blank=True, validators=[validate_line])
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="comments",
    )
    # Whether its author kept the event when they wrote it. No name proves that.
    is_organiser = models.BooleanField(_("organiser"), default=False, editable=False)
    # Random, made by the form: the same form sent twice is one comment.
    submission_key = models.UUIDField(null=True, unique=True, editable=False)

    queue_template = "events/_queue_comment.html"
    content_fields = ("body", "published_by")
    compared_fields = ("body", "moderation_status")

    objects = CommentQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Screened.Meta):
        verbose_name = _("addition")
        verbose_name_plural = _("additions")
        indexes = [
            models.Index(fields=["event", "-is_organiser", "id"], name="comment_on_page"),
            models.Index(fields=["created_on", "id"], name="comment_by_posting"),
            models.Index(fields=["published_by", "-id"], name="comment_by_author"),
        ]

    def __str__(self) -> str:
        """The beginning of what it says."""
        return Truncator(plain_text(self.body)).chars(60) or f"{self._meta.verbose_name} {self.pk}"

    def get_absolute_url(self) -> str:
        """Leads to its place on the page of the event."""
        return reverse("events:comment", args=[self.pk])

    @property
    def urgent_until(self) -> datetime:
        """Soon, if the event is soon."""
        posted: datetime = super().urgent_until
        return max(self.event.urgent_until, posted)

    @property
    def author_address(self) -> str:
        return self.user.email if self.user and self.user.is_active else ""

    def others_to_compare(self) -> Iterator[tuple[str, models.QuerySet]]:
        """The same words within a week, on whatever event, and what the author wrote before."""
        others = Comment.objects.exclude(pk=self.pk)
        earlier = others.filter(pk__lt=self.pk).order_by("-pk")
        if self.created_on:
            lately = (self.created_on - WEEK, self.created_on + WEEK)
            yield "similar", others.filter(created_on__range=lately, body=self.body).order_by("-pk")
        if self.user_id:
            yield "by_author", earlier.filter(user=self.user_id)
        elif self.published_by:
            yield "by_author", earlier.filter(published_by=self.published_by)

    def may_be_kept_by(self, user: Any) -> bool:
        """Its author alone: who organises the event may not take away what others say about it."""
        return user.is_authenticated and self.user_id == user.pk

    def record_creation(self, by: Any) -> None:
        """Notes whether `by`, who wrote it, organises the event, and chooses the first status as for an event of its
        collective. Call it once, before the first save.
        """
        self.user = by if by.is_authenticated else None
        self.is_organiser = self.event.may_be_kept_by(by)
        trusted = self.user and self.user.posts_without_review(self.event.collective)
        self.moderation_status = Status.PUBLISHED if trusted else Status.PENDING
