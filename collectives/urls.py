from django.urls import path

from collectives import views

app_name = "collectives"
urlpatterns = [
    path("groups", views.index, name="index"),
    path("groups/<int:pk>", views.by_id, name="by_id"),
    path("groups/<slug:slug>", views.detail, name="detail"),
    path("login", views.Login.as_view(), name="login"),
    path("logout", views.Logout.as_view(), name="logout"),
    path("account", views.account, name="account"),
]
