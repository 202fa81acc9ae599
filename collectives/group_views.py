"""Pages for whoever starts a group, belongs to one, asks to, or looks after it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from collectives.forms import EditForm, FoundForm, InvitationForm, JoinForm
from collectives.models import Collective, Invitation, LastAdministrator, Membership, User
from events_site import limits

MOST = 500  # of anything that one of these pages lists


def for_administrators(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Calls `view(request, collective, …)` for whoever looks after the group named by `slug`; others find nothing."""

    @never_cache
    @login_required
    @wraps(view)
    def inner(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        collective = get_object_or_404(Collective.objects.administered_by(request.user), slug=slug)
        return view(request, collective, **kwargs)

    return inner


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = FoundForm(*sent(request), user=request.user, client=limits.client(request))
    if form.is_valid():
        return redirect(form.found())
    return limits.answered(render(request, "collectives/new.html", {"form": form}), form.retry_after)


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def edit(request: HttpRequest, collective: Collective) -> HttpResponse:
    form = EditForm(*sent(request), instance=collective, client=limits.client(request))
    if form.is_valid():
        form.revise(by=request.user)
        return redirect(collective)
    # What was typed must not stand in the heading.
    title = Collective.objects.only("name").get(pk=collective.pk).name
    return render(request, "collectives/edit.html", {"form": form, "collective": collective, "title": title})


@never_cache
@login_required
@require_safe
def posts(request: HttpRequest, slug: str) -> HttpResponse:
    """What was posted as the group, with what waits and what was taken down, and why."""
    collective = get_object_or_404(Collective.objects.of_member(request.user), slug=slug)
    events = collective.events.newest_posts().with_hiding()[:MOST]
    return render(request, "collectives/posts.html", {"collective": collective, "events": events})


@require_safe
@for_administrators
def members(request: HttpRequest, collective: Collective) -> HttpResponse:
    return members_page(request, collective, InvitationForm())


@require_POST
@for_administrators
def invite(request: HttpRequest, collective: Collective) -> HttpResponse:
    """Makes an invitation. Its link is in the answer and nowhere else: only a hash of it is kept."""
    form, link = InvitationForm(request.POST), ""
    if form.is_valid():
        try:
            token = collective.invite(form.cleaned_data["uses_left"])
            link = request.build_absolute_uri(reverse("collectives:invitation", args=[token]))
        except ValidationError as problem:
            form.add_error(None, problem)
    return members_page(request, collective, form, invitation_link=link)


@require_POST
@for_administrators
def revoke(request: HttpRequest, collective: Collective, pk: int) -> HttpResponse:
    collective.invitations.filter(pk=pk).delete()
    return redirect("collectives:members", collective.slug)


@require_POST
@for_administrators
def answer(request: HttpRequest, collective: Collective, pk: int) -> HttpResponse:
    """Takes in whoever asked to join, or not."""
    if (word := request.POST.get("do")) in ("accept", "decline"):
        collective.answer(pk, accept=word == "accept")
    return redirect("collectives:members", collective.slug)


@require_POST
@for_administrators
def member(request: HttpRequest, collective: Collective, pk: int) -> HttpResponse:
    """Gives a member another role, or ends the membership."""
    word = request.POST.get("do", "")
    try:
        if word in Membership.Role.values:
            collective.set_role(pk, word)
        elif word == "remove" and collective.expel(pk):
            messages.info(request, _("The open invitations have ended too, so that nobody comes back by one."))
    except LastAdministrator:
        messages.warning(request, _("Somebody has to look after the group: make another member administrator first."))
    if collective.can_be_edited_by(request.user):
        return redirect("collectives:members", collective.slug)
    return redirect("collectives:account")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Asks those who look after the group to be taken in."""
    assert isinstance(request.user, User)
    collective = get_object_or_404(Collective.objects.visible(), slug=slug)
    if request.user.is_member_of(collective):
        return redirect(collective)
    form = JoinForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        collective.ask_to_join(request.user, form.cleaned_data["text"])
        return redirect("collectives:join", slug)
    asked = collective.join_requests.filter(user=request.user.pk).exists()
    return render(request, "collectives/join.html", {"form": form, "collective": collective, "asked": asked})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    collective = get_object_or_404(Collective.objects.filter(memberships__user=request.user.pk), slug=slug)
    is_last = False
    if request.method == "POST":
        try:
            collective.leave(request.user)
            return redirect("collectives:account")
        except LastAdministrator:
            is_last = True
    return render(request, "collectives/leave.html", {"collective": collective, "is_last": is_last})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What a secret link to join opens. Only a post takes the person in."""
    assert isinstance(request.user, User)
    found = Invitation.objects.opened_by(token).select_related("collective").first()
    if found is None:
        raise Http404
    collective = found.collective
    if request.user.is_member_of(collective):
        return redirect(collective)
    if request.method == "POST":
        if collective.accept_invitation(token, request.user):
            return redirect(collective)
        raise Http404
    return render(request, "collectives/invitation.html", {"collective": collective})


def sent(request: HttpRequest) -> tuple[Any, Any]:
    """What was filled in, though it be nothing at all, and the files; None when the form is only asked for."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def members_page(
    request: HttpRequest, collective: Collective, form: InvitationForm, invitation_link: str = ""
) -> HttpResponse:
    context = {
        "collective": collective,
        "memberships": collective.memberships.select_related("user").order_by("role", "user__username")[:MOST],
        "join_requests": collective.join_requests.select_related("user")[:MOST],
        "invitations": collective.invitations.open(),
        "form": form,
        "invitation_link": invitation_link,
    }
    return render(request, "collectives/members.html", context)
