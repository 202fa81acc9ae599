from allauth.account import views as account
from django.urls import path
from django.views.decorators.cache import never_cache

import moderation.views
from collectives import account_views, views
from collectives.models import Collective

app_name = "collectives"
urlpatterns = [
    path("groups", views.index, name="index"),
    path("groups/<int:pk>", views.by_id, name="by_id"),
    path("groups/<slug:slug>", views.detail, name="detail"),
    path("groups/<slug:slug>/report", moderation.views.report, {"model": Collective}, name="report"),
    path("groups/<slug:slug>/moderate", moderation.views.moderate, {"model": Collective}, name="moderate"),
    path("login", never_cache(account.login), name="login"),
    path("logout", account_views.Logout.as_view(), name="logout"),
    path("account", views.account, name="account"),
]
