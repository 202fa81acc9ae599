from allauth.account import views as account
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

import moderation.views
from collectives import account_views, group_views, views
from collectives.models import Collective

app_name = "collectives"
urlpatterns = [
    path("groups", views.index, name="index"),
    path("groups/new", group_views.found, name="new"),
    # Hyperactive's list; a group of this name would hide it.
    path("groups/show_all", RedirectView.as_view(pattern_name="collectives:index", permanent=True)),
    path("groups/invitation/<str:token>", group_views.invitation, name="invitation"),
    path("groups/<int:pk>", views.by_id, name="by_id"),
    path("groups/<slug:slug>/edit", group_views.edit, name="edit"),
    path("groups/<slug:slug>/posts", group_views.posts, name="posts"),
    path("groups/<slug:slug>/join", group_views.join, name="join"),
    path("groups/<slug:slug>/leave", group_views.leave, name="leave"),
    path("groups/<slug:slug>/members", group_views.members, name="members"),
    path("groups/<slug:slug>/members/<int:pk>", group_views.member, name="member"),
    path("groups/<slug:slug>/requests/<int:pk>", group_views.answer, name="answer"),
    path("groups/<slug:slug>/invitations", group_views.invite, name="invite"),
    path("groups/<slug:slug>/invitations/<int:pk>", group_views.revoke, name="revoke"),
    path("groups/<slug:slug>/report", moderation.views.report, {"model": Collective}, name="report"),
    path("groups/<slug:slug>/moderate", moderation.views.moderate, {"model": Collective}, name="moderate"),
    path("system/group/image/<int:year>/<int:month>/<int:day>/<int:pk>/<str:name>", views.picture, name="picture"),
    path("login", never_cache(account.login), name="login"),
    path("logout", account_views.Logout.as_view(), name="logout"),
    path("account", views.account, name="account"),
]
