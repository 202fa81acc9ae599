from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from events_site import views

handler400 = "events_site.views.bad_request"
handler404 = "events_site.views.not_found"

urlpatterns = [
    path("", include("events.sitemaps")),
    # What is no group comes before the groups, whose pages belong to the events.
    path("", include("collectives.urls")),
    path("", include("events.urls")),
    path("", include("collectives.account_urls")),
    path("", include("moderation.urls")),
    path("admin/", admin.site.urls),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),  # the one address that needs its slash
    path("robots.txt", views.robots),
    path(".well-known/security.txt", views.security),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("", include("events.old_addresses")),  # after every live route
    re_path(r"^(?P<path>.+)/$", views.without_slash),
]
