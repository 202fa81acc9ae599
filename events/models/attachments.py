"""Attachments: the photos and flyers of an event. What was uploaded is written anew first (events_site/uploads.py)."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.models.events import Event
from events_site.sanitizing import validate_line
from events_site.tokens import hash_of
from events_site.uploads import Document, Picture, fitted
from moderation.models import Status

MAX_ATTACHMENTS = 10
DRAFTS_KEPT = timedelta(hours=24)
_signer = signing.TimestampSigner(salt="events.media")


class AttachmentQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Those of events that `user` may see."""
        return self.filter(event__in=Event.objects.visible_to(user))

    def opened_by(self, name: str, key: str) -> Self:
        """Those called `name`, for who was given its key with a form: until a moderator hides the post."""
        try:
            _signer.unsign(f"{name}:{key}", max_age=DRAFTS_KEPT)
        except signing.BadSignature:
            return self.none()
        hidden = models.Q(event__moderation_status=Status.HIDDEN, event__is_held=False)
        return self.filter(name=name).exclude(hidden)

    def drafts_of(self, key: str) -> Self:
        """What was sent with a form that was not published yet."""
        return self.filter(event=None, draft_key=hash_of(key))

    def expired(self) -> Self:
        """Drafts that nobody published in a day."""
        return self.filter(event=None, created_on__lt=timezone.now() - DRAFTS_KEPT)

    def stash(self, upload: Picture | Document, key: str, position: int) -> "Attachment":
        """Keeps the files of an upload as a draft of the form with this key. Raises OSError."""
        attachment = self.model(draft_key=hash_of(key), position=position, name=secrets.token_hex(16))
        if isinstance(upload, Picture):
            attachment.width, attachment.height = upload.width, upload.height
        else:
            attachment.kind = Attachment.Kind.DOCUMENT
        try:
            for version, content in upload.files.items():
                attachment.size = len(content)
                default_storage.save(attachment.path(version), ContentFile(content))
        except OSError:
            attachment.delete_files()
            raise
        attachment.save()
        return attachment

    @transaction.atomic
    def copy(self, source: Event, targets: Iterable[Event]) -> None:
        """Gives each of `targets` what `source` has, in place of their own. The files are shared."""
        targets = [event for event in targets if event.pk != source.pk]
        old = list(self.filter(event__in=targets).values_list("pk", flat=True))
        of_source = list(self.filter(event=source))
        same = ("kind", "name", "title", "position", "width", "height", "size")
        self.bulk_create(
            self.model(event=event, **{field: getattr(attachment, field) for field in same})
            for event in targets
            for attachment in of_source
        )
        # Last, so that files which both have stay.
        self.filter(pk__in=old).delete()


class Attachment(models.Model):
    """A picture or a PDF. While its form is not published yet it has no event, but the key of the form.

    The files are named by `name`, which says nothing and which nobody can guess. The dates of a series share them.
    """

    class Kind(models.TextChoices):
        PICTURE = "picture", _("Picture")
        DOCUMENT = "pdf", _("Flyer (PDF)")

    event = models.ForeignKey(Event, null=True, editable=False, on_delete=models.CASCADE, related_name="attachments")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PICTURE, editable=False)
    name = models.CharField(max_length=32, db_index=True, editable=False)
    title = models.CharField(_("what it shows"), max_length=255, default="", blank=True, validators=[validate_line])
    position = models.PositiveSmallIntegerField(_("place in the order"), default=1)
    # Pixels of the largest version of a picture.
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    # Bytes of that version, or of the document.
    size = models.PositiveIntegerField(default=0, editable=False)
    created_on = models.DateTimeField(_("posted"), default=timezone.now, editable=False)
    draft_key = models.CharField(max_length=64, default="", db_index=True, editable=False)

    objects = AttachmentQuerySet.as_manager()

    # Whether addresses carry a key, for who fills in the form and may not see the event yet.
    with_key = False

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name[:8]}: {self.title}"

    @property
    def is_picture(self) -> bool:
        return self.kind == self.Kind.PICTURE

    @property
    def alt(self) -> str:
        """What stands for the picture where it is not seen."""
        if self.title:
            return self.title
        return gettext("Flyer: %(title)s") % {"title": self.event.title} if self.event else gettext("Flyer")

    def path(self, version: str) -> str:
        """Where a version of it is stored, within MEDIA_ROOT."""
        return f"{self.name[:2]}/{self.name}-{version}"

    def delete_files(self) -> None:
        for version in VERSIONS:
            default_storage.delete(self.path(version))

    @cached_property
    def listing(self) -> "Version":
        return Version(self, "listing")

    @cached_property
    def page(self) -> "Version":
        return Version(self, "page")

    @property
    def url(self) -> str:
        """The address of the document, or of the largest version of the picture."""
        return self.url_of("full.webp" if self.is_picture else "flyer.pdf")

    def url_of(self, version: str) -> str:
        address = reverse("events:media", args=[self.name, version])
        return f"{address}?key={_signer.sign(self.name).partition(':')[2]}" if self.with_key else address


# What the files of an attachment end with, and their types.
VERSIONS = {
    "listing.webp": "image/webp",
    "page.webp": "image/webp",
    "full.webp": "image/webp",
    "page.jpg": "image/jpeg",
    "flyer.pdf": "application/pdf",
}


class Version:
    """A picture in one of its sizes, as a page needs it."""

    def __init__(self, attachment: Attachment, size: str) -> None:
        assert attachment.width
        assert attachment.height
        self.width, self.height = fitted(attachment.width, attachment.height, size)
        self.webp = attachment.url_of(f"{size}.webp")
        self.jpeg = attachment.url_of("page.jpg")


@receiver(post_delete, sender=Attachment)
def forget_files(instance: Attachment, **kwargs: Any) -> None:
    """Deletes the files of a row that is gone, unless another date of the series shows them too."""

    def forget() -> None:
        if not Attachment.objects.filter(name=instance.name).exists():
            instance.delete_files()

    transaction.on_commit(forget)
