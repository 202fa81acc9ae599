"""Pages of collectives, and of one's own account."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from collectives.models import Collective, User
from moderation.deeds import bar_for
from moderation.views import gone_page


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "collectives/index.html", {"collectives": Collective.objects.visible()[:500]})


@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    collective = Collective.objects.visible_to(request.user).filter(slug=slug).first()
    if collective is None:
        return gone(request, slug=slug)
    context = {
        "collective": collective,
        "page": collective.events.visible().upcoming().for_listing().page(request.GET.get("after")),
        "past": collective.events.visible().past().in_brief()[:10],
        "bar": bar_for(collective, request.user),
        "moderate_url": reverse("collectives:moderate", args=[slug]),
    }
    return render(request, "collectives/detail.html", context)


@require_safe
def by_id(request: HttpRequest, pk: int) -> HttpResponse:
    """Hyperactive's address of a group leads to the one by name, for good."""
    collective = Collective.objects.visible_to(request.user).filter(pk=pk).first()
    return redirect(collective, permanent=True) if collective else gone(request, pk=pk)


def gone(request: HttpRequest, **lookup: Any) -> HttpResponse:
    """Moderators hid this group: a sentence and the public reason. 404 when there was nothing to hide."""
    hidden = get_object_or_404(Collective.objects.once_public(), **lookup)
    return gone_page(request, hidden)


@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What one posted under one's account."""
    assert isinstance(request.user, User)
    events = request.user.events.newest_posts().with_hiding()[:100]
    return render(request, "collectives/account.html", {"events": events})
