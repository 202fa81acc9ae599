from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from events_site import views

handler400 = "events_site.views.bad_request"

urlpatterns = [
    path("", include("events.urls")),
    path("", include("collectives.urls")),
    path("", include("collectives.account_urls")),
    path("", include("moderation.urls")),
    path("admin/", admin.site.urls),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),  # the one address that needs its slash
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("", include("events.old_addresses")),  # after every live route
    re_path(r"^(?P<path>.+)/$", views.without_slash),
]
