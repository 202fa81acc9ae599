"""People, the groups they publish as, and who belongs to which."""

import re
import secrets
import unicodedata
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple, Self

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models.functions import Upper
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from collectives import emails
from events_site.sanitizing import validate_line, validate_text
from events_site.tokens import hash_of, new_token
from events_site.uploads import Picture, fitted
from moderation.models import Moderated, ModeratedQuerySet, Status, Trusted, is_moderator

# Addresses below /groups that are no group, in small letters.
RESERVED_SLUGS = ("invitation", "new")
LINK = re.compile(r"\s*(?P<address>https?://\S+)(?P<title>.*)", re.IGNORECASE)
INVITATION_DAYS = 14
MAX_INVITATIONS = 20
FOUNDED_PER_DAY = 5
GROUPS_PAGE = 100


PICTURE_KINDS = {"jpg": "image/jpeg", "webp": "image/webp"}


class LastAdministrator(Exception):  # noqa: N818
    """The group would be left without anybody who looks after it. Nothing was done."""


class Link(NamedTuple):
    address: str
    title: str


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
        administrators = Membership.objects.filter(collective=models.OuterRef("pk")).administrating()
        own, others = administrators.filter(user=self), administrators.exclude(user=self)
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

    def posts_without_review(self, collective: "Collective | None" = None) -> bool:
        """Whether what this account posts needs no review: it is trusted, may publish, or posts for a trusted
        `collective` as its member (Hyperactive's auto-promotion).
        """
        return (
            self.is_trusted
            or (collective is not None and collective.is_trusted and self.is_member_of(collective))
            or self.has_perm("moderation.publish")
        )

    @property
    def has_founded_enough(self) -> bool:
        """Whether this account has started as many groups within a day as one may."""
        started = self.memberships.filter(
            role=Membership.Role.ADMINISTRATOR, collective__created_on__gte=timezone.now() - timedelta(days=1)
        )
        return started.count() >= FOUNDED_PER_DAY


class CollectiveQuerySet(ModeratedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """What `user` may see: members also see their group while it waits for review."""
        if is_moderator(user) or not user.is_authenticated:
            return super().visible_to(user)
        waiting = models.Q(moderation_status=Status.PENDING) | models.Q(is_held=True)
        return self.filter(models.Q(moderation_status__in=Status.public()) | waiting & members_include(user))

    def administered_by(self, user: Any) -> Self:
        """The groups that `user` looks after: moderators all, administrators theirs, unless moderators hid it."""
        if is_moderator(user):
            return self.all()
        if not user.is_authenticated:
            return self.none()
        return self.filter(members_include(user, role=Membership.Role.ADMINISTRATOR)).not_taken_down()

    def of_member(self, user: Any) -> Self:
        """The groups that `user` belongs to, unless moderators hid them; for moderators every group."""
        if is_moderator(user):
            return self.all()
        return self.filter(members_include(user)).not_taken_down() if user.is_authenticated else self.none()

    def not_taken_down(self) -> Self:
        return self.exclude(moderation_status=Status.HIDDEN, is_held=False)

    def joined_by(self, user: "User") -> Self:
        """All groups of `user` with their `role`, and how those that are hidden came to be."""
        return self.filter(memberships__user=user).annotate(role=models.F("memberships__role")).with_hiding()

    def featured_first(self) -> Self:
        """What moderators featured, then what they promoted, then the rest by name."""
        place = models.Case(
            models.When(moderation_status=Status.FEATURED, then=0),
            models.When(moderation_status=Status.PROMOTED, then=1),
            default=2,
        )
        return self.order_by(place, "name", "id")

    def with_member(self, user: Any) -> Self:
        """The collectives that `user` may publish as: public ones they belong to."""
        return self.visible().filter(memberships__user=user) if user.is_authenticated else self.none()

    def posting(self, events: models.QuerySet) -> Self:
        """The collectives of these events."""
        return self.filter(models.Exists(events.order_by().filter(collective=models.OuterRef("pk"))))


def members_include(user: "User", **conditions: Any) -> models.Exists:
    """Whether `user` belongs to a group; as a condition on groups that repeats none of them."""
    return models.Exists(Membership.objects.filter(collective=models.OuterRef("pk"), user=user, **conditions))


class Collective(Moderated, Trusted):
    """A group with a page, members and posts of its own; `group` in addresses, as on Hyperactive."""

    name = models.CharField(_("name"), max_length=255, validators=[validate_line])
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    summary = models.TextField(_("about"), blank=True, null=True)
    # What was typed; null when the text did not come from a form.
    summary_source = models.TextField(null=True, editable=False, validators=[validate_text])
    # One a line: a web address and, behind a blank, what it is called.
    links = models.TextField(_("links"), blank=True, default="")
    image = models.CharField(_("picture's file name"), max_length=255, blank=True, null=True, editable=False)
    # In pixels, of a picture that was uploaded here; of an imported one the site has the name alone.
    picture_width = models.PositiveIntegerField(null=True, editable=False)
    picture_height = models.PositiveIntegerField(null=True, editable=False)
    # Its members' posts need no review, as on Hyperactive, until a moderator takes that back. Those of a group that a
    # reader started need it until a moderator trusts the group.
    is_trusted = models.BooleanField(_("trusted"), default=True, editable=False)
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        User, through="Membership", related_name="collectives", verbose_name=_("members")
    )

    content_fields = ("name", "summary", "links", "image")
    state_fields = (*Moderated.state_fields, "is_trusted")
    queue_template = "collectives/_queue_post.html"

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
            models.CheckConstraint(
                condition=~models.Q(slug__iregex=rf"^({'|'.join(RESERVED_SLUGS)})$"),
                name="collectives_collective_slug_not_reserved",
                violation_error_message=_("This address is taken by the site itself."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = self._free_slug()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("events:group", args=[self.slug])

    def can_be_edited_by(self, user: Any) -> bool:
        return Collective.objects.administered_by(user).filter(pk=self.pk).exists()

    @property
    def web_links(self) -> list[Link]:
        """The links to print: those with an address of the web, each with a title."""
        found = [LINK.fullmatch(line) for line in self.links.splitlines()]
        return [Link(each["address"], each["title"].strip() or each["address"]) for each in found if each]

    @property
    def image_path(self) -> str | None:
        """The public path of the picture as Hyperactive printed it, with the date of `created_on`."""
        if not self.image or not self.created_on:
            return None
        return f"/system/group/image/{self.created_on:%Y/%m/%d}/{self.pk}/{self.image}"

    @property
    def picture(self) -> dict[str, Any] | None:
        """The addresses of the uploaded picture by kind of file, and its size; None without one."""
        if not self.image_path or not self.picture_width:
            return None
        addresses = {kind: self.image_path.removesuffix("jpg") + kind for kind in PICTURE_KINDS}
        return addresses | {"width": self.picture_width, "height": self.picture_height}

    def picture_file(self, kind: str) -> str:
        """Where the uploaded picture is stored, within MEDIA_ROOT."""
        return f"groups/{str(self.image).removesuffix('jpg')}{kind}"

    def take_picture(self, picture: Picture | None) -> None:
        """Puts this picture in the place of the one before, whose files go when that is saved. Raises OSError."""
        if self.picture_width:
            for kind in PICTURE_KINDS:
                transaction.on_commit(partial(default_storage.delete, self.picture_file(kind)))
        self.image = self.picture_width = self.picture_height = None
        if picture:
            self.image = f"{secrets.token_hex(16)}.jpg"
            self.picture_width, self.picture_height = fitted(picture.width, picture.height, "page")
            for kind in PICTURE_KINDS:
                default_storage.save(self.picture_file(kind), ContentFile(picture.files[f"page.{kind}"]))

    def _free_slug(self) -> str:
        stem = slugify(self.name)[:60].strip("-") or "group"
        stem = f"group-{stem}" if stem.isdigit() or stem in RESERVED_SLUGS else stem
        taken = set(Collective.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
        numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
        return next(slug for slug in (stem, *numbered) if slug not in taken)

    # Who belongs to it. Each of these works under the lock of the group, so that two of them at once leave it with
    # an administrator. What was done already is left as it is.

    def found(self, by: User) -> None:
        """Starts the group: `by` administers it. Who may post without review needs none for the group either."""
        self.moderation_status = Status.PUBLISHED if by.posts_without_review() else Status.PENDING
        self.is_trusted = False
        with transaction.atomic():
            self.save()
            self.memberships.create(user=by, role=Membership.Role.ADMINISTRATOR)
            self.screen()

    def ask_to_join(self, user: User, text: str = "") -> None:
        """Leaves a request for the administrators, who are told by mail; one for each account."""
        with transaction.atomic():
            self._locked()
            if user.is_member_of(self) or self.join_requests.filter(user=user).exists():
                return
            self.join_requests.create(user=user, text=text)
            administrators = self.memberships.administrating()
            addresses = administrators.exclude(user__email="").values_list("user__email", flat=True)
            emails.tell_administrators_of_request(self, list(addresses))

    def answer(self, request_pk: int, *, accept: bool) -> None:
        """Takes in whoever asked, or not; they are told by mail."""
        with transaction.atomic():
            self._locked()
            request = self.join_requests.select_related("user").filter(pk=request_pk).first()
            if request is None:
                return
            request.delete()
            if accept:
                self.memberships.get_or_create(user=request.user)
            if request.user.email and request.user.is_active:
                emails.tell_requester_of_answer(self, request.user.email, is_accepted=accept)

    def set_role(self, membership_pk: int, role: str) -> None:
        """Raises LastAdministrator."""
        with transaction.atomic():
            self._locked()
            if role == Membership.Role.MEMBER:
                self._check_administrators_without(self.memberships.filter(pk=membership_pk))
            self.memberships.filter(pk=membership_pk).update(role=role)

    def remove(self, members: models.QuerySet["Membership"]) -> None:
        """Ends these memberships of the group. Raises LastAdministrator."""
        with transaction.atomic():
            self._locked()
            self._check_administrators_without(members)
            members.delete()

    def expel(self, membership_pk: int) -> int:
        """Ends a membership, and the invitations, whose links may be known to who is removed; returns how many.

        Raises LastAdministrator.
        """
        with transaction.atomic():
            self.remove(self.memberships.filter(pk=membership_pk))
            return self.invitations.all().delete()[0]

    def leave(self, user: User) -> None:
        """Raises LastAdministrator."""
        self.remove(self.memberships.filter(user=user))

    def _check_administrators_without(self, members: models.QuerySet["Membership"]) -> None:
        going = members.filter(role=Membership.Role.ADMINISTRATOR)
        if going.exists() and not self.memberships.administrating().exclude(pk__in=going.values("pk")).exists():
            raise LastAdministrator

    def invite(self, uses: int) -> str:
        """The token of a new invitation, which is kept nowhere. Raises ValidationError when too many are open."""
        token = new_token()
        with transaction.atomic():
            self._locked()
            self.invitations.exclude(pk__in=self.invitations.open()).delete()
            if self.invitations.count() >= MAX_INVITATIONS:
                raise ValidationError(_("There are many open invitations: take one back first."))
            self.invitations.create(token_hash=hash_of(token), uses_left=uses)
        return token

    def accept_invitation(self, token: str, user: User) -> bool:
        """Lets the holder of an invitation in. False when it is used up, too old or taken back by now."""
        with transaction.atomic():
            self._locked()
            if user.is_member_of(self):
                return True
            invitation = self.invitations.opened_by(token).first()
            if invitation is None:
                return False
            invitation.uses_left -= 1
            invitation.save(update_fields=["uses_left"])
            self.memberships.create(user=user)
            self.join_requests.filter(user=user).delete()
            return True


@receiver(post_delete, sender=Collective)
def forget_picture(instance: Collective, **kwargs: Any) -> None:
    instance.take_picture(None)


class MembershipQuerySet(models.QuerySet):
    def administrating(self) -> Self:
        """Of those who look after a group and can log in to do so."""
        return self.filter(role=Membership.Role.ADMINISTRATOR, user__is_active=True)


class Membership(models.Model):
    class Role(models.TextChoices):
        MEMBER = "member", _("member")
        ADMINISTRATOR = "administrator", _("administrator")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    collective = models.ForeignKey(Collective, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=15, choices=Role, default=Role.MEMBER)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "collective"], name="member_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["member", "administrator"]), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.collective}"


class JoinRequest(models.Model):
    """Somebody asks to belong to a group. Its administrators read it; it goes when they have answered."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="join_requests")
    collective = models.ForeignKey(Collective, on_delete=models.CASCADE, related_name="join_requests")
    text = models.CharField(_("a line about you"), max_length=255, blank=True, validators=[validate_line])
    created_on = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        ordering = ["created_on", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "collective"], name="join_request_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.collective}"


def _in_two_weeks() -> Any:
    return timezone.now() + timedelta(days=INVITATION_DAYS)


class InvitationQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Neither used up nor too old."""
        return self.filter(expires_on__gt=timezone.now(), uses_left__gt=0)

    def opened_by(self, token: str) -> Self:
        """The open invitation of `token`, if there is one; none of a group that moderators hid."""
        taken_down = models.Q(collective__moderation_status=Status.HIDDEN)
        return self.open().filter(token_hash=hash_of(token)).exclude(taken_down)


class Invitation(models.Model):
    """A secret link by which so many people may become members. Of its token only a hash is stored."""

    collective = models.ForeignKey(Collective, on_delete=models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    uses_left = models.PositiveSmallIntegerField(_("for how many people"), default=1)
    created_on = models.DateTimeField(default=timezone.now, editable=False)
    expires_on = models.DateTimeField(default=_in_two_weeks, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["expires_on", "id"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
