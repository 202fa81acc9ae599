"""The moderators' admin: the deeds on posts of any kind, and the log of them."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from moderation import views
from moderation.cards import kinds
from moderation.deeds import key_of, may, offered
from moderation.models import (
    ContentFilter,
    Deed,
    Guideline,
    ModeratedQuerySet,
    ModerationAction,
    QueueEntry,
    SavedReply,
    Through,
)
from moderation.rehearsals import rehearse

# How many finds of a rehearsal are shown; all are counted.
SHOWN = 200
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
                "deeds": offered(post, request.user, QueueEntry.objects.of(post).first()),
                "log": post.moderation_log.select_related("user", "clause", "content_filter", "undone_by"),
            }
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """An edit keeps what stood there before."""
        if change:
            obj.revise(by=request.user, save_related=form.save_m2m)
        else:
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The relations of the form itself are part of the edit, and saved with it."""
        if not change:
            form.save_m2m()
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Django's own log keeps no word of a post: it would outlive it."""
        return self._without_title(super().log_change(request, obj, message))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return self._without_title(super().log_addition(request, obj, message))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        entries = super().log_deletions(request, queryset)
        for entry in [entries] if isinstance(entries, LogEntry) else entries:
            self._without_title(entry)
        return entries

    def _without_title(self, entry: LogEntry) -> LogEntry:
        entry.object_repr = f"{self.opts.verbose_name} {entry.object_id}"
        entry.save(update_fields=["object_repr"])
        return entry

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
        "about",
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

    @admin.display(description=_("post"))
    def about(self, action: ModerationAction) -> Any:
        """The post. A column of its own, because the admin would offer to sort by the relation and then fail."""
        return action.post

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


class ContentFilterForm(forms.ModelForm):
    fields = forms.MultipleChoiceField(  # type: ignore[assignment]
        label=_("looks at"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("At everything, unless you choose."),
    )

    class Meta:
        model = ContentFilter
        fields = ["title", "why", "expressions", "fields", "holds", "expires_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels: dict[str, str] = {}
        for kind in kinds():
            for name in kind.content_fields:
                labels.setdefault(name, str(kind._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
        self.fields["fields"].choices = list(labels.items())  # type: ignore[index]


@admin.register(ContentFilter)
class ContentFilterAdmin(admin.ModelAdmin):
    """A filter is saved switched off, tried on what is there, and then switched on."""

    form = ContentFilterForm
    list_display = ["title", "is_active", "holds", "expires_on", "hits", "last_hit_on"]
    list_filter = ["is_active", "holds"]
    search_fields = ["title", "why", "expressions"]
    readonly_fields = ["is_active", "hits", "last_hit_on"]
    fields = ["title", "why", "expressions", "fields", "holds", "expires_on", *readonly_fields]
    change_form_template = "moderation/filter_change_form.html"
    show_full_result_count = False

    def get_urls(self) -> list[Any]:
        rehearsal = self.admin_site.admin_view(self.rehearsal)
        return [path("<int:pk>/rehearsal/", rehearsal, name="moderation_contentfilter_rehearsal"), *super().get_urls()]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._rehearse_next(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._rehearse_next(request, obj) or super().response_change(request, obj)

    def _rehearse_next(self, request: HttpRequest, content_filter: ContentFilter) -> HttpResponse | None:
        if content_filter.is_active or not {"_continue", "_addanother", "_popup"}.isdisjoint(request.POST):
            return None
        return redirect("admin:moderation_contentfilter_rehearsal", content_filter.pk)

    def rehearsal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a saved filter would have caught, and the button that switches it on or off."""
        content_filter = get_object_or_404(ContentFilter, pk=pk)
        may_change = self.has_change_permission(request, content_filter)
        if not self.has_view_permission(request, content_filter):
            raise PermissionDenied
        if request.method == "POST":
            return self._switch(request, content_filter)
        found, number = rehearse(content_filter)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Rehearsal"),
            "opts": self.opts,
            "content_filter": content_filter,
            "may_change": may_change,
            "found": found[:SHOWN],
            "caught": len(found),
            "number": number,
        }
        return render(request, "moderation/rehearsal.html", context)

    def _switch(self, request: HttpRequest, content_filter: ContentFilter) -> HttpResponse:
        if not self.has_change_permission(request, content_filter):
            raise PermissionDenied
        content_filter.is_active = request.POST.get("is_active") == "on"
        content_filter.save(update_fields=["is_active"])
        said = _("Switched on.") if content_filter.is_active else _("Switched off.")
        self.log_change(request, content_filter, str(said))
        messages.success(request, said)
        return redirect("admin:moderation_contentfilter_changelist")
