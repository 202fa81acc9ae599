"""People, the groups they publish as, and who belongs to which."""

import unicodedata
from typing import Any, Self

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models, transaction
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import validate_line
from moderation.models import Moderated, ModeratedQuerySet, Trusted, is_moderator


class UserManager(DjangoUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """A name is the same in capitals."""
        return self.get(username__iexact=unicodedata.normalize("NFKC", username or ""))


class User(AbstractUser, Trusted):
    """An account. Its name and address are shown to nobody; posts are signed, moderators have a signature.

    What an account may do to the posts of others rests until it has a second factor, where the site asks for one.
    """

    signature = models.CharField(
        _("signature"),
        max_length=60,
        default="moderators",
        validators=[validate_line],
        help_text=_("The name under which your deeds as a moderator appear in public. Never your login."),
    )

    objects = UserManager()  # type: ignore[misc]

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined]
        constraints = [
            models.UniqueConstraint(
                Upper("username"),
                name="username_once",
                violation_error_message=_("A user with that username already exists."),
            )
        ]

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return super().has_perm(perm, obj) and not self.lacks_second_factor

    def has_module_perms(self, app_label: str) -> bool:
        return super().has_module_perms(app_label) and not self.lacks_second_factor

    @cached_property
    def lacks_second_factor(self) -> bool:
        if not settings.REQUIRE_TWO_FACTOR:
            return False
        return not Authenticator.objects.filter(user=self, type=Authenticator.Type.TOTP).exists()

    @property
    def is_moderating(self) -> bool:
        """Whether this is a moderator's account, with the second factor or still without."""
        return self.is_active and (self.is_staff or super().has_perm("moderation.hide"))

    def groups_without_another_administrator(self) -> "models.QuerySet[Collective]":
        """The groups that nobody administers once this account is gone."""
        administrators = Membership.objects.filter(role=Membership.Role.ADMINISTRATOR)
        others = administrators.filter(collective=models.OuterRef("pk")).exclude(user=self)
        own = administrators.filter(collective=models.OuterRef("pk"), user=self)
        return Collective.objects.filter(models.Exists(own), ~models.Exists(others))

    @transaction.atomic
    def erase(self, *, with_posts: bool) -> None:
        """Deletes the account. Its posts stay without a name, or go too."""
        if with_posts:
            for relation in self._meta.related_objects:
                kind = relation.field.model
                if relation.field.name == "user" and issubclass(kind, Moderated):
                    for post in kind._base_manager.filter(**{relation.field.name: self}):
                        post.delete()
        self.delete()

    def is_member_of(self, collective: "Collective | None") -> bool:
        return collective is not None and self.memberships.filter(collective=collective).exists()


class CollectiveQuerySet(ModeratedQuerySet):
    def with_member(self, user: Any) -> Self:
        """The collectives that `user` may publish as: public ones they belong to."""
        return self.visible().filter(memberships__user=user) if user.is_authenticated else self.none()

    def posting(self, events: models.QuerySet) -> Self:
        """The collectives of these events."""
        return self.filter(models.Exists(events.order_by().filter(collective=models.OuterRef("pk"))))


class Collective(Moderated, Trusted):
    """A group with a page, members and posts of its own; `group` in addresses, as on Hyperactive."""

    name = models.CharField(_("name"), max_length=255, validators=[validate_line])
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    summary = models.TextField(_("about"), blank=True, null=True)
    image = models.CharField(_("picture's file name"), max_length=255, blank=True, null=True, editable=False)
    # Its members' posts need no review, as on Hyperactive, until a moderator takes that back.
    is_trusted = models.BooleanField(_("trusted"), default=True, editable=False)
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        User, through="Membership", related_name="collectives", verbose_name=_("members")
    )

    content_fields = ("name", "summary")
    state_fields = (*Moderated.state_fields, "is_trusted")

    objects = CollectiveQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Moderated.Meta):
        ordering = ["name", "id"]
        verbose_name = _("collective")
        verbose_name_plural = _("collectives")
        constraints = [
            *Moderated.Meta.constraints,
            # A slug of digits alone would be taken for an id.
            models.CheckConstraint(
                condition=~models.Q(slug__regex=r"^[0-9]+$"),
                name="collectives_collective_slug_has_letter",
                violation_error_message=_("The address needs at least one letter."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = self._free_slug()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("collectives:detail", args=[self.slug])

    def can_be_edited_by(self, user: Any) -> bool:
        return is_moderator(user)

    @property
    def image_path(self) -> str | None:
        """The public path of the picture as Hyperactive printed it, with the date of `created_on`."""
        if not self.image or not self.created_on:
            return None
        return f"/system/group/image/{self.created_on:%Y/%m/%d}/{self.pk}/{self.image}"

    def _free_slug(self) -> str:
        stem = slugify(self.name)[:60].strip("-") or "group"
        stem = f"group-{stem}" if stem.isdigit() else stem
        taken = set(Collective.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
        numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
        return next(slug for slug in (stem, *numbered) if slug not in taken)


class Membership(models.Model):
    class Role(models.TextChoices):
        MEMBER = "member", _("member")
        ADMINISTRATOR = "administrator", _("administrator")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    collective = models.ForeignKey(Collective, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=15, choices=Role, default=Role.MEMBER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "collective"], name="member_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["member", "administrator"]), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.collective}"
