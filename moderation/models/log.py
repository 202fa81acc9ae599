"""The moderation log: who did what to which post, when, why and through what, and how it is undone."""

from typing import Any, Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import validate_line, validate_text

LOG_PAGE = 50


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


class Deed(models.TextChoices):
    PUBLISH = "publish", _("publish")
    PROMOTE = "promote", _("promote")
    FEATURE = "feature", _("feature")
    HIDE = "hide", _("hide")
    HOLD = "hold", _("hold back")
    MARK = "mark", _("mark")
    WITHDRAW = "withdraw", _("withdraw")
    RESTORE = "restore", _("put back")
    DISMISS = "dismiss", _("dismiss reports")
    STICK = "stick", _("stick at top")
    UNSTICK = "unstick", _("unstick")
    TRUST = "trust", _("trust")
    DISTRUST = "distrust", _("stop trusting")
    DELETE = "delete", _("delete")
    UNDO = "undo", _("undo")

    @classmethod
    def of_status(cls) -> list["Deed"]:
        """What decides whether and how a post is shown. Of these only the last one that stands can be undone."""
        return [cls.PUBLISH, cls.PROMOTE, cls.FEATURE, cls.HIDE, cls.HOLD, cls.WITHDRAW, cls.RESTORE]

    @classmethod
    def that_sets(cls, status: str) -> "Deed":
        """The deed of a moderator that a status comes from; only an undoing leads back to `pending`."""
        deeds = {
            Status.PUBLISHED: cls.PUBLISH,
            Status.PROMOTED: cls.PROMOTE,
            Status.FEATURED: cls.FEATURE,
            Status.HIDDEN: cls.HIDE,
        }
        return deeds.get(Status(status), cls.UNDO)

    @classmethod
    def of_moderators(cls) -> list["Deed"]:
        """What a moderator can do to a post, in the order in which it is offered."""
        return [cls.PUBLISH, cls.PROMOTE, cls.FEATURE, cls.HIDE, cls.DISMISS, cls.STICK, cls.UNSTICK]


# What was done to a post, for the sentence after it.
DONE = {
    Deed.PUBLISH: _("published"),
    Deed.PROMOTE: _("promoted"),
    Deed.FEATURE: _("featured"),
    Deed.HIDE: _("hidden"),
    Deed.DISMISS: _("left as it is"),
    Deed.STICK: _("stuck at the top"),
    Deed.UNSTICK: _("no longer stuck at the top"),
}


class Through(models.TextChoices):
    ADMIN = "admin", _("admin")
    PAGE = "page", _("public page")
    FILTER = "filter", _("content filter")
    COMMAND = "command", _("command")


# One permission for each status that a deed sets; the deeds that set none go with one of them.
PERMISSIONS: dict[str, str] = {
    Status.PENDING: "moderation.publish",
    Status.PUBLISHED: "moderation.publish",
    Status.PROMOTED: "moderation.promote",
    Status.FEATURED: "moderation.feature",
    Status.HIDDEN: "moderation.hide",
    Deed.PUBLISH: "moderation.publish",
    Deed.PROMOTE: "moderation.promote",
    Deed.FEATURE: "moderation.feature",
    Deed.HIDE: "moderation.hide",
    Deed.DISMISS: "moderation.publish",
    Deed.STICK: "moderation.promote",
    Deed.UNSTICK: "moderation.promote",
    Deed.TRUST: "moderation.publish",
    Deed.DISTRUST: "moderation.publish",
    # What a filter or an author did is undone by whoever may hide.
    Deed.HOLD: "moderation.hide",
    Deed.WITHDRAW: "moderation.hide",
    Deed.RESTORE: "moderation.hide",
}


class Guideline(models.Model):
    """A clause of the site's guidelines, to name when a post is hidden."""

    title = models.CharField(_("title"), max_length=120, validators=[validate_line])
    text = models.TextField(_("text"), blank=True, validators=[validate_text])
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "title"]
        verbose_name = _("guideline")
        verbose_name_plural = _("guidelines")

    def __str__(self) -> str:
        return self.title


class SavedReply(models.Model):
    """A public reason that is given often."""

    title = models.CharField(_("title"), max_length=60, validators=[validate_line])
    text = models.CharField(_("public reason"), max_length=255, validators=[validate_line])

    class Meta:
        ordering = ["title"]
        verbose_name = _("saved reply")
        verbose_name_plural = _("saved replies")

    def __str__(self) -> str:
        return self.title


class AlreadyUndone(Exception):  # noqa: N818
    """Somebody has undone this before, or the post is no longer in the state that the deed left."""


class ModerationActionQuerySet(models.QuerySet):
    def of(self, post: models.Model) -> Self:
        return self.filter(content_type=ContentType.objects.get_for_model(type(post)), object_id=post.pk)

    def standing(self) -> Self:
        """Without what was undone, and the undoing of it."""
        return self.filter(undone_by=None).exclude(deed=Deed.UNDO)

    def of_status(self) -> Self:
        return self.filter(models.Q(deed__in=Deed.of_status()) | ~models.Q(from_status=models.F("to_status")))

    def hidings(self) -> Self:
        """How posts came to be hidden, the last one first; what was undone does not count."""
        return self.standing().of_status().filter(to_status=Status.HIDDEN)

    def public(self) -> Self:
        """What the public log tells: posts that moderators took down or brought back, once they had been public."""
        moved = ~models.Q(from_status=models.F("to_status"))
        hidden = models.Q(to_status=Status.HIDDEN, deed__in=[Deed.HIDE, Deed.UNDO])
        restored = models.Q(from_status=Status.HIDDEN, deed__in=[Deed.PUBLISH, Deed.PROMOTE, Deed.FEATURE, Deed.UNDO])
        return self.filter(moved, hidden | restored, was_public=True)

    def public_page(self, before: int | None = None) -> tuple[list["ModerationAction"], int | None]:
        """The latest LOG_PAGE rows of the public log, or the latest before row `before`, and the row that the page
        after begins before, None on the last.
        """
        rows = self.public().select_related("clause", "content_type").order_by("-id")
        if before is not None:
            rows = rows.filter(pk__lt=before)
        found = list(rows[: LOG_PAGE + 1])
        return found[:LOG_PAGE], found[LOG_PAGE - 1].pk if len(found) > LOG_PAGE else None


class ModerationAction(models.Model):
    """One row of the moderation log. It outlives its post, and says nothing of what the post said."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    post = GenericForeignKey()
    deed = models.CharField(_("deed"), max_length=10, choices=Deed)
    through = models.CharField(_("through"), max_length=10, choices=Through, default=Through.COMMAND)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    signature = models.CharField(_("signature"), max_length=60, blank=True)
    created_on = models.DateTimeField(_("when"), default=timezone.now)
    from_status = models.CharField(_("from"), max_length=10, choices=Status, blank=True)
    to_status = models.CharField(_("to"), max_length=10, choices=Status, blank=True)
    was_public = models.BooleanField(default=False)
    # What else undoing puts back: whether the post was held, which version was reviewed, why it was in the queue.
    before = models.JSONField(default=dict)
    clause = models.ForeignKey(
        Guideline, verbose_name=_("guideline"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    public_reason = models.CharField(_("public reason"), max_length=255, blank=True)
    private_note = models.TextField(_("private note"), blank=True)
    content_filter = models.ForeignKey(
        "moderation.ContentFilter",
        verbose_name=_("content filter"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="actions",
    )
    undoes = models.OneToOneField(
        "self", verbose_name=_("undoes"), null=True, on_delete=models.SET_NULL, related_name="undone_by"
    )

    objects = ModerationActionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_on", "-id"]
        indexes = [
            models.Index(fields=["content_type", "object_id", "-created_on"], name="moderation_of_post"),
            models.Index(fields=["-created_on", "-id"], name="moderation_log"),
            models.Index(fields=["user", "-created_on"], name="moderation_by_user"),
            models.Index(fields=["-id"], condition=models.Q(was_public=True), name="moderation_public_log"),
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
        return str(self.get_deed_display())

    @property
    def sets_status(self) -> bool:
        return self.deed in Deed.of_status() or self.from_status != self.to_status

    @property
    def is_undone(self) -> bool:
        return hasattr(self, "undone_by")

    @property
    def reason(self) -> str:
        """The public reason in words: the clause, what was written, or both."""
        return ": ".join(filter(None, [self.clause.title if self.clause else "", self.public_reason]))

    def repeated_for(self, post: models.Model) -> "ModerationAction":
        """The same deed on another post that said the same, not saved."""
        fields = {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}
        return ModerationAction(**fields | {"id": None, "object_id": post.pk})

    def can_be_undone(self) -> bool:
        return self.deed not in (Deed.UNDO, Deed.DELETE, Deed.MARK) and not self.is_undone

    def undo(self, *, by: Any, through: Through = Through.COMMAND) -> "ModerationAction":
        """Takes the deed back, in one transaction, and logs that.

        Raises PermissionDenied, and AlreadyUndone when that was done before or the post has changed its state since.
        """
        needed = {PERMISSIONS.get(self.deed, PERMISSIONS[Status.HIDDEN])}
        if self.from_status != self.to_status:
            needed.add(PERMISSIONS[self.from_status])
        if not by.has_perms(needed):
            raise PermissionDenied(_("You may not undo this."))
        with transaction.atomic():
            action = ModerationAction.objects.select_for_update(of=("self",)).get(pk=self.pk)
            if not action.can_be_undone():
                raise AlreadyUndone(_("This was undone already."))
            if action.post is None:
                raise AlreadyUndone(_("The post is not there any more."))
            return action.post.take_back(action, by=by, through=through)

    def check_is_last(self) -> None:
        """Raises AlreadyUndone when a later deed of the same sort stands. Asked under the lock of the post."""
        later = ModerationAction.objects.filter(
            content_type=self.content_type, object_id=self.object_id, pk__gt=self.pk
        ).standing()
        alike: list[set[str]] = [{Deed.STICK, Deed.UNSTICK}, {Deed.TRUST, Deed.DISTRUST}]
        if self.sets_status:
            later = later.of_status()
        elif self.deed == Deed.DISMISS:
            later = later.of_status() | later.filter(deed=Deed.DISMISS)
        else:
            later = later.filter(deed__in=next(pair for pair in alike if self.deed in pair))
        if later.exists():
            raise AlreadyUndone(_("Something else has been done to it since: look at that first."))


class Trusted(models.Model):
    """Somebody whose posts need no review: an account or a collective."""

    is_trusted = models.BooleanField(_("trusted"), default=False, editable=False)

    class Meta:
        abstract = True

    def trust(self, *, by: Any, through: Through = Through.COMMAND, note: str = "") -> ModerationAction | None:
        return self._set_trust(True, by=by, through=through, note=note)

    def distrust(self, *, by: Any, through: Through = Through.COMMAND, note: str = "") -> ModerationAction | None:
        return self._set_trust(False, by=by, through=through, note=note)

    def _set_trust(
        self, trusted: bool, *, by: Any, through: Through, note: str = "", undoes: ModerationAction | None = None
    ) -> ModerationAction | None:
        """Returns None when it is so already. Raises PermissionDenied."""
        deed = Deed.TRUST if trusted else Deed.DISTRUST
        if not by.has_perm(PERMISSIONS[deed]):
            raise PermissionDenied(_("You may not do this."))
        with transaction.atomic():
            stored = type(self)._default_manager.select_for_update().get(pk=self.pk)
            if stored.is_trusted == trusted:
                return None
            stored.is_trusted = self.is_trusted = trusted
            stored.save(update_fields=["is_trusted"])
            return ModerationAction.objects.create(
                content_type=ContentType.objects.get_for_model(type(self)),
                object_id=self.pk,
                deed=Deed.UNDO if undoes else deed,
                undoes=undoes,
                through=through,
                user=by,
                signature=by.signature,
                private_note=note,
            )

    def take_back(self, action: ModerationAction, *, by: Any, through: Through) -> ModerationAction:
        """Undoes `action`, by which trust was given or taken; called by `ModerationAction.undo`."""
        with transaction.atomic():
            type(self)._default_manager.select_for_update().get(pk=self.pk)
            action.check_is_last()
            undone = self._set_trust(action.deed == Deed.DISTRUST, by=by, through=through, undoes=action)
        if undone is None:
            raise AlreadyUndone(_("This was undone already."))
        return undone
