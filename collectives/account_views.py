"""Pages of one's account that allauth does not have, or has otherwise."""

from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from collectives.account_forms import DeleteForm
from collectives.models import User
from events_site.headers import leaving


class Logout(LogoutView):
    """Takes with it what the browser keeps of the site."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return leaving(super().dispatch(request, *args, **kwargs))


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Deletes the account, with or without what was posted under it."""
    assert isinstance(request.user, User)
    form = DeleteForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = request.user
        logout(request)
        user.erase(with_posts=form.cleaned_data["with_posts"])
        return leaving(render(request, "account/deleted.html"))
    groups = request.user.groups_without_another_administrator()
    return render(request, "account/delete.html", {"form": form, "groups": groups})
