"""Pages of collectives, and of one's own account."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from collectives.models import GROUPS_PAGE, PICTURE_KINDS, Collective, User
from events_site.headers import for_machines
from events_site.pages import numbered_page
from moderation.views import gone_page

POSTS_PAGE = 50
COMMENTS_SHOWN = 20


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    page = numbered_page(request, Collective.objects.visible().featured_first(), GROUPS_PAGE)
    return render(request, "collectives/index.html", {"page": page})


@require_safe
def picture(request: HttpRequest, pk: int, **rest: Any) -> HttpResponse:
    """The picture that a group uploaded, for who may see the group: under Hyperactive's address, as JPEG or WebP."""
    collective = get_object_or_404(Collective.objects.visible_to(request.user), pk=pk)
    kind = request.path.rpartition(".")[2]
    if not collective.picture or collective.picture.get(kind) != request.path:
        raise Http404
    # The name is random, and a file under it never changes.
    etag = quote_etag(request.path.rpartition("/")[2])
    response = get_conditional_response(request, etag)
    if response is None:
        try:
            with default_storage.open(collective.picture_file(kind)) as file:
                response = HttpResponse(file.read(), PICTURE_KINDS[kind])
        except FileNotFoundError:
            raise Http404 from None
    response["ETag"] = etag
    return for_machines(response, index=False)


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
    """What one posted under one's account, page by page, one's latest additions, and the groups one belongs to."""
    assert isinstance(request.user, User)
    before = request.GET.get("before", "")
    events = request.user.events.order_by("-pk").with_hiding()
    if before.isascii() and before.isdigit() and len(before) < 19:
        events = events.filter(pk__lt=int(before))
    page = list(events[: POSTS_PAGE + 1])
    following = page[POSTS_PAGE - 1].pk if len(page) > POSTS_PAGE else None
    groups = Collective.objects.joined_by(request.user)[:100]
    comments = request.user.comments.select_related("event").order_by("-pk").with_hiding()[:COMMENTS_SHOWN]
    context = {"events": page[:POSTS_PAGE], "next": following, "comments": comments, "groups": groups}
    return render(request, "collectives/account.html", context)
