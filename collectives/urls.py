from django.urls import path

import moderation.views
from collectives import views
from collectives.models import Collective

app_name = "collectives"
urlpatterns = [
    path("groups", views.index, name="index"),
    path("groups/<int:pk>", views.by_id, name="by_id"),
    path("groups/<slug:slug>", views.detail, name="detail"),
    path("groups/<slug:slug>/report", moderation.views.report, {"model": Collective}, name="report"),
    path("groups/<slug:slug>/moderate", moderation.views.moderate, {"model": Collective}, name="moderate"),
    path("login", views.Login.as_view(), name="login"),
    path("logout", views.Logout.as_view(), name="logout"),
    path("account", views.account, name="account"),
]
