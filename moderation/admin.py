"""The moderators' admin: the deeds on posts of any kind, and the log of them."""

import re
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from moderation.forms import ReasonForm
from moderation.models import PERMISSIONS, Moderated, ModeratedQuerySet, ModerationAction, Status

DEEDS = {
    "publish": Status.PUBLISHED,
    "promote": Status.PROMOTED,
    "feature": Status.FEATURED,
    "hide": Status.HIDDEN,
}


class ModeratedAdmin(admin.ModelAdmin):
    """The deeds as actions on many posts and as buttons on one; both take the same way.

    Each calls the method of the model, which checks the permission, logs, and writes the admin note. What is asked
    for many posts is done for all of them or for none.
    """

    actions = list(DEEDS)
    change_form_template = "moderation/admin_change_form.html"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_action_choices(self, request: HttpRequest, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        """Offers only what the user may do. What is posted all the same is refused by the deed itself, with 403."""
        choices = super().get_action_choices(request, *args, **kwargs)
        if request.method == "POST":
            return choices
        return [choice for choice in choices if choice[0] not in DEEDS or self._may(request, DEEDS[choice[0]])]

    def response_action(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        """Refuses what is no id, which would end in an error of the database."""
        if not all(re.fullmatch("[0-9]{1,18}", pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest("not an id")
        return super().response_action(request, queryset)

    @staticmethod
    def _may(request: HttpRequest, status: Status) -> bool:
        return request.user.has_perm(PERMISSIONS[status])

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        post = self.get_object(request, object_id)
        context = {**(extra_context or {}), "changelist_url": self._changelist_url()}
        if post is not None:
            context["deeds"] = [
                (name, self.get_action(name)[2])  # type: ignore[index]
                for name, status in DEEDS.items()
                if self._may(request, status) and post.moderation_status != status
            ]
            context["log"] = post.moderation_log.select_related("user")
        return super().change_view(request, object_id, form_url, context)

    @admin.action(description=_("Publish"))
    def publish(self, request: HttpRequest, posts: ModeratedQuerySet) -> HttpResponse:
        return self._do("publish", request, posts)

    @admin.action(description=_("Promote"))
    def promote(self, request: HttpRequest, posts: ModeratedQuerySet) -> HttpResponse:
        return self._do("promote", request, posts)

    @admin.action(description=_("Feature"))
    def feature(self, request: HttpRequest, posts: ModeratedQuerySet) -> HttpResponse:
        return self._do("feature", request, posts)

    @admin.action(description=_("Hide"))
    def hide(self, request: HttpRequest, posts: ModeratedQuerySet) -> HttpResponse:
        form = ReasonForm(request.POST if "with_reason" in request.POST else None)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": _("Hide"),
                "opts": self.opts,
                "form": form,
                "posts": posts[:100],
                "number": posts.count(),
                "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
                "select_across": request.POST.get("select_across", "0"),
                "back": request.POST.get("back", ""),
                "changelist_url": request.get_full_path(),
            }
            return TemplateResponse(request, "moderation/admin_hide.html", context)
        reasons = {"reason": form.cleaned_data["public_reason"], "note": form.cleaned_data["private_note"]}
        return self._do("hide", request, posts, **reasons)

    def _do(self, name: str, request: HttpRequest, posts: ModeratedQuerySet, **reasons: str) -> HttpResponse:
        with transaction.atomic():
            chosen: list[Moderated] = list(posts.order_by("pk"))
            done = sum(getattr(post, name)(by=request.user, **reasons) is not None for post in chosen)
        status = DEEDS[name].label
        self.message_user(
            request,
            ngettext("%(number)d post is now: %(status)s.", "%(number)d posts are now: %(status)s.", done)
            % {"number": done, "status": status},
            messages.SUCCESS if done else messages.WARNING,
        )
        if request.POST.get("back") == "post" and len(chosen) == 1:
            return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[chosen[0].pk]))
        return redirect(request.get_full_path())

    def _changelist_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


@admin.register(ModerationAction)
class ModerationActionAdmin(admin.ModelAdmin):
    """The log, to read."""

    list_display = ["created_on", "about", "from_status", "to_status", "user", "public_reason", "private_note"]
    list_filter = ["to_status", "created_on"]
    search_fields = ["public_reason", "private_note"]
    list_display_links = None
    show_full_result_count = False

    @admin.display(description=_("post"))
    def about(self, action: ModerationAction) -> Any:
        """The post. A column of its own, because the admin would offer to sort by the relation and then fail."""
        return action.post

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[ModerationAction]:
        return super().get_queryset(request).select_related("user").prefetch_related("post")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
