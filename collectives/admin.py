from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from collectives.forms import CollectiveForm
from collectives.models import Collective, Membership, User
from moderation.admin import ModeratedAdmin
from moderation.deeds import ALONE, may
from moderation.models import Deed, Through, Trusted


class TrustAdmin(admin.ModelAdmin):
    """Trust as actions, for whoever may publish: to see an account is enough, nobody needs to be able to change it."""

    trust_actions = ["trust", "distrust"]
    change_list_template = "moderation/admin_change_list.html"

    def get_action_choices(self, request: HttpRequest, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        """Offers only what the user may do. What is posted all the same is refused with 403."""
        choices = super().get_action_choices(request, *args, **kwargs)
        if request.method == "POST" or may(request.user, Deed.TRUST):
            return choices
        return [choice for choice in choices if choice[0] not in self.trust_actions]

    @admin.action(description=_("Trust"))
    def trust(self, request: HttpRequest, chosen: Iterable[Trusted]) -> None:
        self._set_trust(Deed.TRUST, request, list(chosen))

    @admin.action(description=_("Stop trusting"))
    def distrust(self, request: HttpRequest, chosen: Iterable[Trusted]) -> None:
        self._set_trust(Deed.DISTRUST, request, list(chosen))

    def _set_trust(self, deed: Deed, request: HttpRequest, chosen: list[Trusted]) -> None:
        if not may(request.user, deed):
            raise PermissionDenied
        if len(chosen) > ALONE:
            messages.warning(request, _("Choose at most %(limit)d at a time.") % {"limit": ALONE})
            return
        with transaction.atomic():
            done = [getattr(each, deed.value)(by=request.user, through=Through.ADMIN) for each in chosen]
        actions = [action for action in done if action is not None]
        if not actions:
            messages.warning(request, _("Nothing changed: that is so already."))
            return
        trusted = ngettext(
            "%(number)d may now post without review.", "%(number)d may now post without review.", len(actions)
        )
        no_longer = ngettext("%(number)d is no longer trusted.", "%(number)d are no longer trusted.", len(actions))
        text = (trusted if deed == Deed.TRUST else no_longer) % {"number": len(actions)}
        messages.success(request, text, extra_tags="undo:" + ",".join(str(action.pk) for action in actions))


_OPEN_COLUMNS = {"id", "username", "is_active", "is_trusted", "groups"}


@admin.register(User)
class UserAdmin(TrustAdmin, DjangoUserAdmin):
    actions = TrustAdmin.trust_actions
    list_display = ["username", "signature", "is_trusted", "is_staff", "is_active"]
    list_filter = ["is_trusted", "groups", "is_active"]
    readonly_fields = ["is_trusted"]
    fieldsets = [
        *(DjangoUserAdmin.fieldsets or []),
        (_("As an author"), {"fields": ["is_trusted"]}),
        (_("As a moderator"), {"fields": ["signature"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """The address of an account is nobody's business but its owner's and a superuser's."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["username", "is_active", "date_joined"]})]

    def get_list_display(self, request: HttpRequest) -> Any:
        return super().get_list_display(request) if self.has_change_permission(request) else ["username", "is_active"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:  # type: ignore[override]
        """Nor is it to be found by guessing in the address of the list."""
        if not self.has_change_permission(request) and lookup.split("__")[0] not in _OPEN_COLUMNS:
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_search_fields(self, request: HttpRequest) -> Any:
        return super().get_search_fields(request) if self.has_change_permission(request) else ["username"]


class MembershipInline(admin.TabularInline):
    model = Membership
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Collective)
class CollectiveAdmin(TrustAdmin, ModeratedAdmin):
    actions = [*ModeratedAdmin.actions, *TrustAdmin.trust_actions]
    form = CollectiveForm
    list_display = ["name", "slug", "moderation_status", "is_trusted", "created_on"]
    list_filter = ["moderation_status", "is_trusted"]
    search_fields = ["name", "slug"]
    readonly_fields = ["moderation_status", "is_trusted", "created_on", "updated_on"]
    fields = ["name", "slug", "summary", "links", *readonly_fields]
    inlines = [MembershipInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("collectives.add_collective"))
