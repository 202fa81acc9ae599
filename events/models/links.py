"""Secret edit links: how whoever posted without an account keeps what they posted."""

import hashlib
import secrets
from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class EditLinkQuerySet(models.QuerySet):
    def make(self) -> tuple["EditLink", str]:
        """A new link and its token of 256 random bits, which is kept nowhere and cannot be had again."""
        token = secrets.token_urlsafe(32)
        return self.create(token_hash=_hash(token)), token

    def opened_by(self, token: str) -> Self:
        """The link of `token`, if there is one."""
        return self.filter(token_hash=_hash(token))


class EditLink(models.Model):
    """What a token opens: one event, or the dates of a series. Of the token only a hash is stored."""

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_on = models.DateTimeField(default=timezone.now, editable=False)

    objects = EditLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("edit link")
        verbose_name_plural = _("edit links")

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class Holder(AnonymousUser):
    """Somebody without an account who holds the edit link of a post. Stands wherever a user stands."""

    def __init__(self, link: EditLink, token: str) -> None:
        super().__init__()
        self.link = link
        self.token = token

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Holder) and other.link == self.link

    __hash__ = AnonymousUser.__hash__
