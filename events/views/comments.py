"""Additions to an event: the form for them, and where one is found."""

import re
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from events.forms import AddCommentForm
from events.models import Comment, CommentPage, Event
from events.views.keepers import for_keepers
from events_site import limits
from moderation.views import gone_page

receipts = signing.Signer(salt="events.comment_posted")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add_comment(request: HttpRequest, pk: int) -> HttpResponse:
    """The form for everybody."""
    return _add(request, request.user, get_object_or_404(Event.objects.visible(), pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def add_comment_by_link(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    """The form for whoever holds the event's edit link, and thereby organises it."""
    return _add(request, keeper, get_object_or_404(Event.objects.editable_by(keeper), pk=pk))


def _add(request: HttpRequest, author: Any, event: Event) -> HttpResponse:
    if not event.takes_comments:
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = AddCommentForm(data, event=event, author=author, client=limits.client(request))
    preview = "preview" in request.POST
    if form.is_valid() and not preview:
        return redirect("events:comment_posted", receipts.sign_object(form.add().pk))
    context = {"form": form, "event": event, "preview": form.instance if preview and form.is_valid() else None}
    return limits.answered(render(request, "events/add_comment.html", context), form.retry_after)


@never_cache
@require_safe
def comment_posted(request: HttpRequest, token: str) -> HttpResponse:
    """The receipt, under an address that only the person who posted knows."""
    try:
        pk = receipts.unsign_object(token)
    except signing.BadSignature:
        raise Http404 from None
    comment = get_object_or_404(Comment.objects.select_related("event"), pk=pk)
    return render(request, "events/comment_posted.html", {"comment": comment})


@require_safe
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Leads to the place of a comment on the page of its event."""
    comments = Comment.objects.visible_to(request.user)
    found = comments.filter(pk=pk).first()
    if found is None:
        return gone_page(request, get_object_or_404(Comment.objects.once_public(), pk=pk))
    number = comments.filter(event=found.event_id).page_of(found)
    page = f"?additions={number}" if number > 1 else ""
    return redirect(f"{reverse('events:detail', args=[found.event_id])}{page}#comment-{pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def withdraw_comment(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    """An author takes a comment down, or puts back what they took down."""
    comment = get_object_or_404(Comment, pk=pk)
    down = comment.is_taken_down
    if not comment.may_be_kept_by(keeper) or (down and not comment.may_be_restored_by(keeper)):
        raise Http404
    if request.method == "POST":
        # The form says what it was for, so that a second press does not do the opposite.
        if request.POST.get("do") == "restore" and down:
            comment.restore(by=keeper)
            return redirect(comment)
        if request.POST.get("do") == "withdraw" and not down:
            comment.withdraw(by=keeper)
        return redirect("events:withdraw_comment", pk)
    return render(request, "events/withdraw_comment.html", {"comment": comment, "down": down})


def comments_on_page(request: HttpRequest, event: Event) -> CommentPage:
    """The comments that a visitor sees on an event's page, from the one that `?additions=` numbers."""
    asked = request.GET.get("additions", "")
    number = int(asked) if re.fullmatch("[1-9][0-9]{0,3}", asked) else 1
    return event.comments.visible_to(request.user).page(number)
