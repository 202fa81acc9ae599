"""The moderators' admin: the deeds on posts of any kind, and the log of them."""

import re
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from moderation import views
from moderation.deeds import key_of, may, offered
from moderation.models import (
    ContentFilter,
    Deed,
    Guideline,
    ModeratedQuerySet,
    ModerationAction,
    SavedReply,
    Through,
)

DEEDS = [Deed.PUBLISH, Deed.PROMOTE, Deed.FEATURE, Deed.HIDE]


class ModeratedAdmin(admin.ModelAdmin):
    """The deeds as actions on many posts and as buttons on one; both take the same way.

    Each calls the method of the model, which checks the permission, logs, and writes the admin note. What is asked
    for many posts is done for all of them or for none.
    """

    actions = [deed.value for deed in DEEDS]
    change_form_template = "moderation/admin_change_form.html"
    change_list_template = "moderation/admin_change_list.html"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_action_choices(self, request: HttpRequest, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        """Offers only what the user may do. What is posted all the same is refused by the deed itself, with 403."""
        choices = super().get_action_choices(request, *args, **kwargs)
        if request.method == "POST":
            return choices
        forbidden = [deed.value for deed in DEEDS if not may(request.user, deed)]
        return [choice for choice in choices if choice[0] not in forbidden]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "shown_at": timezone.now().isoformat()})

    def response_action(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        """Refuses what is no id, which would end in an error of the database."""
        if not all(re.fullmatch("[0-9]{1,18}", pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest("not an id")
        return super().response_action(request, queryset)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "here": request.path}
        if post := self.get_object(request, object_id):
            context |= {
                "key": key_of(post),
                "deeds": offered(post, request.user),
                "log": post.moderation_log.select_related("clause", "content_filter", "undone_by"),
            }
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """An edit keeps what stood there before."""
        if change:
            obj.revise(by=request.user)
        else:
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, obj._meta.model.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """What a superuser deletes is gone, but the log knows that it was."""
        with transaction.atomic():
            for post in queryset:
                post.log_deletion(by=request.user)
            super().delete_queryset(request, queryset)

    @admin.action(description=_("Publish"))
    def publish(self, request: HttpRequest, posts: ModeratedQuerySet) -> HttpResponse:
        return self._act(Deed.PUBLISH, request, posts)

    @admin.action(description=_("Promote"))
    def promote(self, request: HttpRequest, posts: ModeratedQuerySet) -> HttpResponse:
        return self._act(Deed.PROMOTE, request, posts)

    @admin.action(description=_("Feature"))
    def feature(self, request: HttpRequest, posts: ModeratedQuerySet) -> HttpResponse:
        return self._act(Deed.FEATURE, request, posts)

    @admin.action(description=_("Hide"))
    def hide(self, request: HttpRequest, posts: ModeratedQuerySet) -> HttpResponse:
        return self._act(Deed.HIDE, request, posts)

    def _act(self, deed: Deed, request: HttpRequest, posts: ModeratedQuerySet) -> HttpResponse:
        return views.act(request, through=Through.ADMIN, back=request.get_full_path(), posts=list(posts), deed=deed)


@admin.register(ModerationAction)
class ModerationActionAdmin(admin.ModelAdmin):
    """The log, to read."""

    list_display = [
        "created_on",
        "deed",
        "post",
        "from_status",
        "to_status",
        "user",
        "through",
        "reason",
        "private_note",
        "undo",
    ]
    list_filter = ["deed", "through", "created_on"]
    change_list_template = "moderation/admin_change_list.html"
    search_fields = ["public_reason", "private_note"]
    list_display_links = None
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[ModerationAction]:
        return super().get_queryset(request).select_related("user", "clause", "undone_by").prefetch_related("post")

    @admin.display(description=_("undo"))
    def undo(self, action: ModerationAction) -> str:
        if action.is_undone:
            return str(_("undone"))
        if not action.can_be_undone():
            return ""
        return format_html('<button type="submit" form="undo" name="undo" value="{}">{}</button>', action.pk, _("Undo"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Guideline)
class GuidelineAdmin(admin.ModelAdmin):
    list_display = ["title", "position"]


@admin.register(SavedReply)
class SavedReplyAdmin(admin.ModelAdmin):
    list_display = ["title", "text"]


@admin.register(ContentFilter)
class ContentFilterAdmin(admin.ModelAdmin):
    list_display = ["title", "is_active", "holds", "expires_on", "hits", "last_hit_on"]
    list_filter = ["is_active", "holds"]
    search_fields = ["title", "why", "expressions"]
