from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from events.forms import CommentForm, EventForm
from events.models import Area, Comment, Event, EventGroup, Tag, Venue
from events.models.terms import VenueQuerySet
from moderation.admin import ModeratedAdmin


@admin.register(Event)
class EventAdmin(ModeratedAdmin):
    form = EventForm
    list_display = ["title", "date", "moderation_status", "published_by", "user", "collective", "created_on"]
    list_filter = ["moderation_status", "date", "created_on", ("collective", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["user", "collective"]
    search_fields = ["title", "summary", "body", "place", "published_by", "=id"]
    date_hierarchy = "date"
    ordering = ["-created_on", "-id"]
    readonly_fields = (
        "moderation_status",
        "stick_at_top",
        "admin_note",
        "created_on",
        "updated_on",
        "user",
        "collective",
        "event_group",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Event | None = None) -> Any:
        # Not an attribute: there Django takes no relations that have a model of their own. The form knows them.
        return [
            (None, {"fields": ["seen", "title", "summary", "body", "date", "end_date", "place", "areas", "tags"]}),
            (None, {"fields": ["published_by", "contact_email", "contact_phone", "source"]}),
            (None, {"fields": ["allows_comments"]}),
            (None, {"fields": self.readonly_fields}),
        ]

    def get_form(self, request: HttpRequest, obj: Event | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type("EventForm", (form,), {"user": request.user})


@admin.register(Comment)
class CommentAdmin(ModeratedAdmin):
    form = CommentForm
    list_display = ["__str__", "event", "moderation_status", "published_by", "is_organiser", "created_on"]
    list_filter = ["moderation_status", "is_organiser", "created_on"]
    list_select_related = ["event"]
    search_fields = ["body", "published_by", "=id", "=event__id"]
    ordering = ["-created_on", "-id"]
    readonly_fields = ("event", "moderation_status", "is_organiser", "created_on", "updated_on", "user")
    fields = ["body", "published_by", *readonly_fields]


@admin.register(EventGroup)
class EventGroupAdmin(admin.ModelAdmin):
    list_display = ["__str__", "created_on"]


@admin.register(Tag, Area)
class TermAdmin(admin.ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    """Where moderators say how the name of a venue is written, and where it is on the map."""

    list_display = ["__str__", "latitude", "longitude"]
    search_fields = ["slug"]
    fields = ["name", "slug", "latitude", "longitude"]
    readonly_fields = ["slug"]

    def get_queryset(self, request: HttpRequest) -> VenueQuerySet:
        return Venue.objects.as_typed_in(Event.objects.visible())

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return super().get_search_results(request, queryset, Venue.slug_of(search_term).replace("-", " "))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
