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
