"""The admin, as moderators enter it: by the site's own login page, and without a second flag on their account."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import path
from django.utils.translation import gettext_lazy as _

from events_site.headers import leaving
from moderation.models import is_moderator


class AdminSite(admin.AdminSite):
    site_header = settings.SITE_NAME
    site_title = settings.SITE_NAME
    index_title = _("Moderation")
    enable_nav_sidebar = False

    def get_urls(self) -> list[Any]:
        # Here, and not above: the views show the pages of this very site.
        from moderation import views

        return [
            path("queue/", self.admin_view(views.queue), name="queue"),
            path("act/", self.admin_view(views.act_in_admin), name="act"),
            path("claim/<int:pk>/", self.admin_view(views.claim), name="claim"),
            path("undo/", self.admin_view(views.undo), name="undo"),
            path("proposal/<int:pk>/", self.admin_view(views.decide_proposal), name="proposal"),
            *super().get_urls(),
        ]

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return user.is_active and not user.lacks_second_factor and (user.is_staff or is_moderator(user))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one page to log in, and one place to slow down guessing."""
        target = request.GET.get("next") or resolve_url("admin:index")
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(target)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return leaving(super().logout(request, extra_context))
