"""Pages for whoever keeps a post: with an account, or with the secret edit link in the address."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from events.models import EditLink, Event, Holder


def for_keepers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Calls `view(request, keeper, …)`: the keeper is the account, or the Holder of the link named by `token`.

    Without either it asks for a login; a token that opens nothing is not found, and the page says what to do.
    """

    @never_cache
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, token: str | None = None, **kwargs: Any) -> HttpResponse:
        if token is None:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            return view(request, request.user, *args, **kwargs)
        link = EditLink.objects.opened_by(token).first()
        if link is None:
            response = render(request, "events/dead_link.html", status=404)
        else:
            response = view(request, Holder(link, token), *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        return response

    return inner


def address(keeper: Any, page: str, event: Event) -> str:
    """Where `keeper` finds a page about `event`."""
    if isinstance(keeper, Holder):
        return reverse(f"events:{page}_by_link", args=[keeper.token, event.pk])
    return reverse(f"events:{page}", args=[event.pk])


def overview(keeper: Any) -> str:
    """Where `keeper` finds all that they keep."""
    if isinstance(keeper, Holder):
        return reverse("events:kept", args=[keeper.token])
    return reverse("collectives:account")


def back_from(keeper: Any, event: Event) -> str:
    """Where `keeper` goes from a form about `event`: who holds a link may not see its page yet."""
    return overview(keeper) if isinstance(keeper, Holder) else event.get_absolute_url()


def after_change(keeper: Any, event: Event) -> str:
    """Where `keeper` goes on from a change of `event`, and sees that it is made."""
    if isinstance(keeper, Holder):
        return reverse("events:kept_changed", args=[keeper.token])
    return event.get_absolute_url()
