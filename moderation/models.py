"""What moderators may do to a post, whatever kind of post it is.

Posts (events, collectives) inherit `Moderated`. Where a post is shown or left out is decided by the QuerySet here
and nowhere else; a post changes its status through the deeds of `Moderated` and in no other way.
"""

from typing import Any, Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    PENDING = "pending", _("not yet reviewed")
    PUBLISHED = "published", _("published")
    PROMOTED = "promoted", _("promoted")
    FEATURED = "featured", _("featured")
    HIDDEN = "hidden", _("hidden")

    @classmethod
    def public(cls) -> list["Status"]:
        """The statuses of posts that everybody sees, under the site's MODERATION_POLICY."""
        reviewed = [cls.PUBLISHED, cls.PROMOTED, cls.FEATURED]
        return [cls.PENDING, *reviewed] if settings.MODERATION_POLICY == "open" else reviewed


PERMISSIONS = {
    Status.PUBLISHED: "moderation.publish",
    Status.PROMOTED: "moderation.promote",
    Status.FEATURED: "moderation.feature",
    Status.HIDDEN: "moderation.hide",
}


def is_moderator(user: Any) -> bool:
    """Whether `user` sees hidden posts and may edit everybody's: who may hide a post must be able to see it then.

    The permission to publish alone is no such thing; it lets a trusted author post without review.
    """
    return bool(user.has_perm(PERMISSIONS[Status.HIDDEN]))


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

    def once_public(self) -> Self:
        """Posts that were public when they were taken down: 410 rather than 404."""
        return self.filter(moderation_status=Status.HIDDEN, public_since__isnull=False)


class ModerationAction(models.Model):
    """One row of the moderation log."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    post = GenericForeignKey()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("moderator"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_on = models.DateTimeField(_("when"), default=timezone.now)
    from_status = models.CharField(_("from"), max_length=10, choices=Status)
    to_status = models.CharField(_("to"), max_length=10, choices=Status)
    public_reason = models.CharField(_("public reason"), max_length=255, blank=True)
    private_note = models.TextField(_("private note"), blank=True)

    class Meta:
        ordering = ["-created_on", "-id"]
        indexes = [
            models.Index(fields=["content_type", "object_id", "-created_on"], name="moderation_of_post"),
            models.Index(fields=["-created_on", "-id"], name="moderation_log"),
        ]
        permissions = [
            ("publish", "Can publish posts, and post without review"),
            ("promote", "Can promote posts"),
            ("feature", "Can feature posts"),
            ("hide", "Can hide posts"),
        ]
        verbose_name = _("moderation action")
        verbose_name_plural = _("moderation log")

    def __str__(self) -> str:
        return f"{self.get_from_status_display()} → {self.get_to_status_display()}"


class Moderated(models.Model):
    """A post that visitors see until a moderator hides it."""

    moderation_status = models.CharField(
        _("moderation status"), max_length=10, choices=Status, default=Status.PENDING, editable=False
    )
    public_since = models.DateTimeField(_("public since"), null=True, editable=False)
    created_on = models.DateTimeField(_("posted"), null=True, default=timezone.now, editable=False)
    updated_on = models.DateTimeField(_("last change"), null=True, editable=False)

    objects = ModeratedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(moderation_status__in=Status.values), name="%(app_label)s_%(class)s_status_known"
            )
        ]

    def save(self, *args: Any, keep_times: bool = False, **kwargs: Any) -> None:
        """Saves, and notes when: `updated_on` is now, `public_since` the first time everybody could see the post.

        With `keep_times` both times of the record stay as they are, as an import needs it.
        """
        if not keep_times:
            self.updated_on = timezone.now()
        if self.is_public and self.public_since is None:
            self.public_since = (self.created_on if keep_times else self.updated_on) or timezone.now()
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "updated_on", "public_since"}
        super().save(*args, **kwargs)

    @property
    def is_public(self) -> bool:
        return self.moderation_status in Status.public()

    @property
    def is_hidden(self) -> bool:
        return self.moderation_status == Status.HIDDEN

    @property
    def is_pending(self) -> bool:
        return self.moderation_status == Status.PENDING

    @property
    def is_featured(self) -> bool:
        return self.moderation_status == Status.FEATURED

    @property
    def public_reason(self) -> str:
        """Why a moderator last hid the post, in words for everybody; empty when none was given."""
        action = self.moderation_log.filter(to_status=Status.HIDDEN).first()
        return action.public_reason if action else ""

    @property
    def moderation_log(self) -> models.QuerySet[ModerationAction]:
        """What moderators did to this post, newest first. No relation, so that the log outlives the post."""
        return ModerationAction.objects.filter(
            content_type=ContentType.objects.get_for_model(type(self)), object_id=self.pk
        )

    def publish(self, *, by: Any, note: str = "") -> ModerationAction | None:
        return self._moderate(Status.PUBLISHED, by=by, note=note)

    def promote(self, *, by: Any, note: str = "") -> ModerationAction | None:
        return self._moderate(Status.PROMOTED, by=by, note=note)

    def feature(self, *, by: Any, note: str = "") -> ModerationAction | None:
        return self._moderate(Status.FEATURED, by=by, note=note)

    def hide(self, *, by: Any, reason: str, note: str = "") -> ModerationAction | None:
        """Takes the post down. `reason` is shown to everybody, `note` to moderators only."""
        return self._moderate(Status.HIDDEN, by=by, reason=reason, note=note)

    def record_deed(self, status: Status, by: Any) -> list[str]:
        """Writes a deed into the post itself, where its kind has a place for it.

        Returns the names of the fields it changed.
        """
        return []

    def _moderate(self, status: Status, *, by: Any, reason: str = "", note: str = "") -> ModerationAction | None:
        """Sets the status and logs it, both or neither. Returns None when the post has that status already.

        Raises PermissionDenied.
        """
        if not by.has_perm(PERMISSIONS[status]):
            raise PermissionDenied(_("You may not set this status."))
        with transaction.atomic():
            post = type(self).objects.select_for_update().get(pk=self.pk)
            action = None
            if post.moderation_status != status:
                action = ModerationAction(
                    post=post,
                    user=by,
                    from_status=post.moderation_status,
                    to_status=status,
                    public_reason=reason,
                    private_note=note,
                )
                action.save()
                post.moderation_status = status
                post.save(update_fields=["moderation_status", *post.record_deed(status, by)])
        self.refresh_from_db()
        return action
