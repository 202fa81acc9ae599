"""What waits for a moderator: one entry for each post, whatever put it there, and the reports behind it.

The queue is a table of its own, so that a page of it costs the same with a hundred posts waiting as with a
hundred thousand, and mixes posts of every kind.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import validate_text
from moderation.models.log import Deed, Guideline, ModerationAction

PAGE_SIZE = 20
PAST = 3  # the part of the queue that runs backwards
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLAIM_LASTS = timedelta(minutes=15)


def _parsed(cursor: str) -> tuple[int, tuple[datetime, int] | None]:
    match = re.fullmatch(r"([0-3])\.(-?[0-9]{1,17})\.([0-9]{1,18})", cursor)
    if not match:
        return 0, None
    try:
        return int(match[1]), (_EPOCH + timedelta(microseconds=int(match[2])), int(match[3]))
    except OverflowError:
        return 0, None


class OfPostQuerySet(models.QuerySet):
    def of(self, post: models.Model) -> Self:
        return self.filter(content_type=ContentType.objects.get_for_model(type(post)), object_id=post.pk)


class QueueQuerySet(OfPostQuerySet):
    def put(self, post: Any, **why: bool) -> "QueueEntry":
        """Puts `post` into the queue, or adds another reason to its entry. `why` names flags of the entry.

        Whether it is held back, and whether another post stands for it, is asked of the post itself. What was
        reported keeps a place of its own.
        """
        flags = {name: True for name, holds in why.items() if holds}
        with transaction.atomic():
            entry: Any
            entry, created = self.get_or_create(
                content_type=ContentType.objects.get_for_model(type(post)),
                object_id=post.pk,
                defaults={"due": post.urgent_until, **flags},
            )
            if not created:
                entry = self.select_for_update().get(pk=entry.pk)
                for name in flags:
                    setattr(entry, name, True)
            entry.behind = None if entry.is_reported else post.stands_behind
            if entry.behind and not created:
                self.of(post).hand_over()
            entry.due = post.urgent_until
            entry.is_held = post.is_held
            entry.rank = entry.rank_of_reasons
            entry.save()
        return entry

    def put_behind(self, posts: Sequence[Any], leader: "QueueEntry") -> None:
        """Puts new posts behind the entry of one that says the same, for the same reasons."""
        shared = {name: getattr(leader, name) for name in (*QueueEntry.REASONS, "content_type", "is_held", "rank")}
        self.bulk_create(
            QueueEntry(object_id=post.pk, due=post.urgent_until, behind=leader, **shared) for post in posts
        )

    def hand_over(self) -> None:
        """Of what stands behind these entries, lets the first one take the lead."""
        led = QueueEntry.objects.filter(behind__in=self.values("pk"))
        if first := led.order_by("due", "id").first():
            led.update(behind=first)
            QueueEntry.objects.filter(pk=first.pk).update(behind=None)

    def in_front(self) -> Self:
        """Without the posts for which another one stands that says the same."""
        return self.filter(behind=None)

    def with_number_behind(self) -> Self:
        """With `number_behind`: how many posts are judged with this one."""
        behind = QueueEntry.objects.filter(behind=models.OuterRef("pk")).order_by().values("behind")
        number = models.Subquery(behind.annotate(number=models.Count("pk")).values("number"))
        return self.annotate(number_behind=Coalesce(number, 0))

    def page(self, after: str = "", size: int = PAGE_SIZE) -> tuple[list["QueueEntry"], str]:
        """A page of the queue in its order, and the cursor of the next one, empty on the last.

        `after` is such a cursor; what is none counts as the beginning.
        """
        first, mark = _parsed(after)
        found: list[tuple[int, Any]] = []
        for number, part in enumerate(self.waiting()):
            if number < first or len(found) > size:
                continue
            if mark and number == first:
                due, pk = mark
                then = "lt" if number == PAST else "gt"
                beyond = models.Q(**{f"due__{then}": due}) | models.Q(**{"due": due, f"id__{then}": pk})
                part = part.filter(beyond)
            found += [(number, entry) for entry in part[: size + 1 - len(found)]]
        shown = found[:size]
        if len(found) <= size:
            return [entry for _number, entry in shown], ""
        number, last = shown[-1]
        micros = (last.due - _EPOCH) // timedelta(microseconds=1)
        return [entry for _number, entry in shown], f"{number}.{micros}.{last.pk}"

    def waiting(self, now: datetime | None = None) -> list[Self]:
        """The queue in its order, as parts: held, reported, to come (soonest first), over (latest first)."""
        now = now or timezone.now()
        held, reported, others = (self.in_front().filter(rank=rank).order_by("due", "id") for rank in QueueEntry.Rank)
        return [held, reported, others.filter(due__gte=now), others.filter(due__lt=now).order_by("-due", "-id")]


class QueueEntry(models.Model):
    class Rank(models.IntegerChoices):
        HELD = 0, _("held back")
        REPORTED = 1, _("reported")
        OTHER = 2, _("waiting")

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    post = GenericForeignKey()
    rank = models.PositiveSmallIntegerField(choices=Rank, default=Rank.OTHER)
    due = models.DateTimeField()
    created_on = models.DateTimeField(default=timezone.now)
    is_new = models.BooleanField(_("new"), default=False)
    is_edited = models.BooleanField(_("edited since review"), default=False)
    is_held = models.BooleanField(_("held back"), default=False)
    is_marked = models.BooleanField(_("marked by a filter"), default=False)
    is_reported = models.BooleanField(_("reported"), default=False)
    # The entry of another date of the series that says the same: it is shown, and this one judged with it.
    # Whatever deletes an entry hands over first.
    behind = models.ForeignKey("self", null=True, on_delete=models.DO_NOTHING, related_name="followers")
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    claimed_until = models.DateTimeField(null=True)

    REASONS = ("is_new", "is_edited", "is_marked", "is_reported")

    objects = QueueQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content_type", "object_id"], name="queued_once")]
        indexes = [
            models.Index(fields=["rank", "due", "id"], name="queue_order"),
            *(
                models.Index(fields=["rank", "due", "id"], condition=models.Q(**{flag: True}), name=f"queue_{flag}")
                for flag in ("is_edited", "is_marked")
            ),
        ]
        verbose_name = _("post in the queue")
        verbose_name_plural = _("queue")

    def __str__(self) -> str:
        return str(self.post)

    @property
    def reasons(self) -> list[str]:
        """Why the post is here, as names of flags; that it is held back is the post's own."""
        return [name for name in self.REASONS if getattr(self, name)]

    @property
    def rank_of_reasons(self) -> int:
        if self.is_held:
            return self.Rank.HELD
        return self.Rank.REPORTED if self.is_reported else self.Rank.OTHER

    @property
    def can_be_dismissed(self) -> bool:
        """Whether the post can be left as it is. What was held back, or nobody has reviewed, needs another deed."""
        return not self.is_held and (self.is_reported or not self.is_new)

    @property
    def is_claimed(self) -> bool:
        return self.claimed_by_id is not None and self.claimed_until is not None and self.claimed_until > timezone.now()

    def claim(self, *, by: Any) -> bool:
        """“I am looking at it”, for a quarter of an hour. Returns whether nobody else was first."""
        now = timezone.now()
        free = models.Q(claimed_until=None) | models.Q(claimed_until__lte=now) | models.Q(claimed_by=by)
        mine = QueueEntry.objects.filter(free, pk=self.pk).update(claimed_by=by, claimed_until=now + CLAIM_LASTS)
        self.refresh_from_db()
        return bool(mine)

    def release(self, *, by: Any) -> None:
        QueueEntry.objects.filter(pk=self.pk, claimed_by=by).update(claimed_by=None, claimed_until=None)
        self.refresh_from_db()


class Report(models.Model):
    """A reader's complaint. It hides nothing by itself, and names nobody."""

    class Reason(models.TextChoices):
        WRONG = "wrong", _("Something in it is wrong or out of date")
        TWICE = "twice", _("It is there twice")
        ADVERTISING = "advertising", _("It is advertising")
        PRIVACY = "privacy", _("It exposes a person")
        HARMFUL = "harmful", _("It attacks or endangers people")
        OTHER = "other", _("Something else")

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    post = GenericForeignKey()
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    text = models.TextField(_("text"), blank=True, validators=[validate_text])
    created_on = models.DateTimeField(_("when"), default=timezone.now)
    answer = models.ForeignKey(ModerationAction, null=True, on_delete=models.SET_NULL, related_name="reports")
    # Random, made by the form: the same form sent twice is one report.
    submission_key = models.UUIDField(null=True, unique=True, editable=False)
    # Whether a digest to the moderators has told of it.
    is_mailed = models.BooleanField(default=False)

    objects = OfPostQuerySet.as_manager()

    class Meta:
        ordering = ["-created_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reason__in=["wrong", "twice", "advertising", "privacy", "harmful", "other"]),
                name="report_reason_known",
            )
        ]
        indexes = [
            models.Index(fields=["content_type", "object_id"], name="report_of_post"),
            models.Index(fields=["id"], condition=models.Q(is_mailed=False), name="report_to_mail"),
        ]
        verbose_name = _("report")
        verbose_name_plural = _("reports")

    def __str__(self) -> str:
        return str(self.get_reason_display())


class Proposal(models.Model):
    """A deed on so many posts that a second moderator has to agree."""

    deed = models.CharField(_("deed"), max_length=10, choices=Deed)
    keys = models.JSONField(_("posts"), help_text=_("The version of each post that was seen, by its key."))
    clause = models.ForeignKey(Guideline, null=True, on_delete=models.SET_NULL, related_name="+")
    public_reason = models.CharField(_("public reason"), max_length=255, blank=True)
    private_note = models.TextField(_("private note"), blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_on = models.DateTimeField(_("when"), default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    was_accepted = models.BooleanField(null=True)

    class Meta:
        ordering = ["-created_on", "-id"]
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")

    def __str__(self) -> str:
        return f"{self.get_deed_display()}: {len(self.keys)}"
