from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from collectives.forms import CollectiveForm
from collectives.models import Collective, Membership, User
from moderation.admin import ModeratedAdmin


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    fieldsets = [*(DjangoUserAdmin.fieldsets or []), (_("As a moderator"), {"fields": ["signature"]})]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """The address of an account is nobody's business but its owner's and a superuser's."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["username", "is_active", "date_joined"]})]

    def get_list_display(self, request: HttpRequest) -> Any:
        return super().get_list_display(request) if self.has_change_permission(request) else ["username", "is_active"]

    def get_search_fields(self, request: HttpRequest) -> Any:
        return super().get_search_fields(request) if self.has_change_permission(request) else ["username"]


class MembershipInline(admin.TabularInline):
    model = Membership
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Collective)
class CollectiveAdmin(ModeratedAdmin):
    form = CollectiveForm
    list_display = ["name", "slug", "moderation_status", "created_on"]
    list_filter = ["moderation_status"]
    search_fields = ["name", "slug"]
    readonly_fields = ["moderation_status", "created_on", "updated_on"]
    fields = ["name", "slug", "summary", *readonly_fields]
    inlines = [MembershipInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("collectives.add_collective"))
