from django.urls import path

from moderation import views

app_name = "moderation"
urlpatterns = [
    path("moderation", views.to_queue, name="queue"),
]
