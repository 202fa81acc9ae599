from django.urls import path

from moderation import views
from moderation.feeds import HiddenFeed

app_name = "moderation"
urlpatterns = [
    path("moderation", views.to_queue, name="queue"),
    path("hidden", views.hidden, name="hidden"),
    path("hidden.atom", HiddenFeed(), name="hidden_feed"),
    path("reported", views.reported, name="reported"),
]
