"""Secret edit links: how whoever posted without an account keeps what they posted."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from events_site.tokens import hash_of, new_token

VALID = timedelta(days=settings.EDIT_LINK_DAYS)


class EditLinkQuerySet(models.QuerySet):
    def make(self) -> tuple["EditLink", str]:
        """A new link and its token."""
        token = new_token()
        return self.of(token), token

    def of(self, token: str) -> "EditLink":
        """The link of `token`, made if there is none."""
        return self.get_or_create(token_hash=hash_of(token))[0]

    def with_last(self) -> Self:
        """With `last_on`: when the last of its events is over. Without a date it counts from the posting."""
        until = Coalesce("events__end_date", "events__date", "events__created_on")
        return self.annotate(last_on=Coalesce(models.Max(until), "created_on"))

    def expired(self) -> Self:
        return self.with_last().filter(last_on__lt=timezone.now() - VALID)

    def valid(self) -> Self:
        return self.with_last().filter(last_on__gte=timezone.now() - VALID)

    def opened_by(self, token: str) -> Self:
        """The link of `token`, if there is one that has not expired."""
        return self.valid().filter(token_hash=hash_of(token))

    def sent_to(self, address: str) -> "EditLink | None":
        """The first of these links, if it was mailed to `address`. Takes as long when there is none."""
        link = self.exclude(contact_hash="").first()
        if link is None:
            make_password(address)
            return None
        return link if check_password(address, link.contact_hash) else None


class EditLink(models.Model):
    """What a token opens: one event, or the dates of a series. Of the token only a hash is stored."""

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    # A slow, salted hash of the mail address that the link was sent to, if any: who names it again gets a new link.
    contact_hash = models.CharField(max_length=128, blank=True, default="", editable=False)
    created_on = models.DateTimeField(default=timezone.now, editable=False)

    objects = EditLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("edit link")
        verbose_name_plural = _("edit links")

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def expires_on(self) -> datetime:
        """When the link ends to work. Needs `with_last()`."""
        last_on: datetime = self.last_on  # type: ignore[attr-defined]
        return last_on + VALID

    def is_opened_by(self, token: str) -> bool:
        return constant_time_compare(self.token_hash, hash_of(token))

    def renew(self) -> str:
        """Gives the link a new token, and returns it; the old one is dead."""
        token = new_token()
        EditLink.objects.filter(pk=self.pk).update(token_hash=hash_of(token))
        return token

    def remember_contact(self, address: str) -> None:
        EditLink.objects.filter(pk=self.pk).update(contact_hash=make_password(address))

    @transaction.atomic
    def move_to(self, user: Any) -> None:
        """Puts all that the link opens under the account of `user`, and ends the link.

        Raises DoesNotExist when somebody else has ended it meanwhile.
        """
        link = EditLink.objects.select_for_update().get(pk=self.pk, token_hash=self.token_hash)
        for event in link.events.select_for_update():
            event.user, event.edit_link = user, None
            event.save(update_fields=["user", "edit_link"])
        link.delete()


class Holder(AnonymousUser):
    """Somebody without an account who holds the edit link of a post. Stands wherever a user stands."""

    def __init__(self, link: EditLink, token: str) -> None:
        super().__init__()
        self.link = link
        self.token = token

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Holder) and other.link == self.link

    __hash__ = AnonymousUser.__hash__
