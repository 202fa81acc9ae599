"""What moderators do: the queue, deeds on posts from wherever they are shown, and their undoing.

The deeds of the queue, of the public pages and of the admin's lists all end in `act()`.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events_site import limits
from events_site.pages import BadNumber, number_in
from moderation.cards import cards, kinds, with_posts
from moderation.deeds import ALONE, Outcome, carry_out, decide, key_of, may, offered, posts_of
from moderation.diffs import differences
from moderation.forms import ReasonForm, ReportForm
from moderation.models import (
    DONE,
    AlreadyUndone,
    Deed,
    Moderated,
    ModerationAction,
    PostChanged,
    Proposal,
    QueueEntry,
    Report,
    Through,
    is_moderator,
)

FLAGS = {"held": "is_held", "reported": "is_reported", "marked": "is_marked", "edited": "is_edited", "new": "is_new"}
COUNTED = 1_000  # More than this many waiting posts are “1,000+”: counting them all would cost more than the page.


@require_safe
def to_queue(request: HttpRequest) -> HttpResponse:
    return redirect("admin:queue")


@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The queue, inside the admin, which asks who is there."""
    _only_moderators(request)
    show = request.GET.get("show", "")
    entries = QueueEntry.objects.filter(**{FLAGS[show]: True}) if show in FLAGS else QueueEntry.objects.all()
    page, following = with_posts(entries).page(request.GET.get("after", ""))
    tonight = timezone.localtime().replace(hour=23, minute=59, second=59)
    context = {
        **admin.site.each_context(request),
        "title": _("Queue"),
        "here": request.get_full_path(),
        "cards": cards(page, request.user),
        "next": following,
        "show": show,
        "flags": [(name, QueueEntry._meta.get_field(flag).verbose_name) for name, flag in FLAGS.items()],  # type: ignore[union-attr]
        "waiting": _capped(QueueEntry.objects.in_front()),
        "today": _capped(QueueEntry.objects.in_front().filter(due__range=(timezone.now(), tonight))),
        "counted": COUNTED,
        "flooded": [kind._meta.verbose_name_plural for kind in kinds() if kind.objects.is_flooded()],
        "flood_limit": settings.FLOOD_POSTS_PER_HOUR,
        "reason_form": ReasonForm(auto_id=False),
        "bulk_deeds": [deed for deed in Deed.of_moderators() if may(request.user, deed)],
        "proposals": [
            (proposal, posts_of(list(proposal.keys)[:ALONE]))
            for proposal in Proposal.objects.filter(was_accepted=None).select_related("proposed_by", "clause")[:5]
        ],
        "recent": ModerationAction.objects.filter(user=request.user.pk)
        .select_related("undone_by")
        .prefetch_related("post")[:5],
    }
    return render(request, "moderation/queue.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def moderate(request: HttpRequest, model: type[Moderated], **lookup: Any) -> HttpResponse:
    """The deeds on one post of a public page, with its log."""
    post = get_object_or_404(model.objects.visible_to(request.user), **lookup)
    _only_moderators(request)
    if request.method == "POST":
        return act(request, through=Through.PAGE, back=request.path)
    card = next(iter(cards(list(with_posts(QueueEntry.objects.of(post))), request.user)), None)
    context = {
        "post": post,
        "key": key_of(post),
        "card": card,
        "deeds": card.deeds if card else offered(post, request.user, None),
        "form": ReasonForm(),
        "log": post.moderation_log.select_related("user", "clause", "undone_by", "content_filter"),
    }
    return render(request, "moderation/moderate.html", context)


@require_POST
@login_required
def undo(request: HttpRequest) -> HttpResponse:
    """Takes back one or more deeds, the last one first."""
    _only_moderators(request)
    numbers = [pk for pk in request.POST.get("undo", "").split(",") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    actions = ModerationAction.objects.filter(pk__in=numbers).order_by("-pk")[: ALONE + 1]
    if not actions:
        raise Http404
    if len(actions) > ALONE:
        messages.warning(request, _("At most %(limit)d deeds are undone at once.") % {"limit": ALONE})
        return redirect(_safe_next(request))
    through = Through.ADMIN if _safe_next(request).startswith(reverse("admin:index")) else Through.PAGE
    undone = 0
    with transaction.atomic():
        for action in actions:
            try:
                with transaction.atomic():
                    action.undo(by=request.user, through=through)
                undone += 1
            except AlreadyUndone as problem:
                messages.warning(request, str(problem))
    if undone:
        text = ngettext("%(number)d deed was undone.", "%(number)d deeds were undone.", undone)
        messages.success(request, text % {"number": undone})
    return redirect(_safe_next(request))


@require_POST
@login_required
def decide_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """A second moderator's word on a deed for many posts."""
    _only_moderators(request)
    accept = request.POST.get("accept") == "1"
    proposal = get_object_or_404(Proposal, pk=pk)
    actions = decide(proposal, accept=accept, by=request.user)
    if accept:
        _tell(request, Outcome(actions))
        if left := len(proposal.keys) - len(actions):
            text = ngettext(
                "%(number)d post was left alone: it had changed, or was so already.",
                "%(number)d posts were left alone: they had changed, or were so already.",
                left,
            )
            messages.warning(request, text % {"number": left})
    return redirect("admin:queue")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, model: type[Moderated], **lookup: Any) -> HttpResponse:
    """A reader tells the moderators of a post; no account is needed."""
    post = get_object_or_404(model.objects.visible(), **lookup)
    form = ReportForm(request.POST if request.method == "POST" else None, client=limits.client(request))
    if form.is_valid():
        form.send(post)
        return redirect("moderation:reported")
    response = render(request, "moderation/report.html", {"form": form, "post": post})
    return limits.answered(response, form.retry_after)


@never_cache
@require_safe
def reported(request: HttpRequest) -> HttpResponse:
    return render(request, "moderation/reported.html")


@require_safe
def hidden(request: HttpRequest) -> HttpResponse:
    """The public log: what moderators took down or brought back, when and why; not what it said, nor whose it was."""
    if not settings.PUBLIC_MODERATION_LOG:
        raise Http404
    try:
        before = number_in(request, "before")
    except BadNumber:
        before = None
    actions, following = ModerationAction.objects.public_page(before)
    return render(request, "moderation/hidden.html", {"actions": actions, "next": following})


@never_cache
@require_POST
def act_in_admin(request: HttpRequest) -> HttpResponse:
    _only_moderators(request)
    return act(request, through=Through.ADMIN, back=_safe_next(request))


@require_POST
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """“I am looking at it”, or no longer."""
    _only_moderators(request)
    entry = get_object_or_404(QueueEntry, pk=pk)
    if "release" in request.POST:
        entry.release(by=request.user)
    elif not entry.claim(by=request.user):
        messages.warning(request, _("Somebody else is looking at this already."))
    return redirect(_safe_next(request))


def gone_page(request: HttpRequest, post: Moderated) -> HttpResponse:
    """In place of a post that was taken down: by whom and why, and nothing of the post."""
    return render(request, "moderation/gone.html", {"post": post}, status=410)


def act(
    request: HttpRequest,
    *,
    through: Through,
    back: str,
    posts: list[Moderated] | None = None,
    deed: Deed | None = None,
) -> HttpResponse:
    """Carries out the deed that a form asks for, on the posts that it names, and goes `back`.

    Hiding without a reason asks for one; a post that changed since it was shown is shown again, with the change.
    """
    data = request.POST
    deed = deed or _deed(data.get("deed", ""))
    if deed is None:
        messages.warning(request, _("Choose what to do."))
        return redirect(back)
    if not may(request.user, deed):
        raise PermissionDenied
    if posts is None:
        posts = posts_of(list(dict.fromkeys([*data.getlist("post"), *data.get("posts", "").split(",")])))
    if (scope := data.get("scope", "this")) in ("behind", "following", "all"):
        # What was taken down on purpose does not come back along with another date.
        dates = {key_of(each): each for post in posts for each in post.siblings(scope)}
        chosen = {key_of(post) for post in posts}
        posts = [each for key, each in dates.items() if key in chosen or scope == "behind" or not each.is_hidden]
    if not posts:
        messages.warning(request, _("Choose a post first."))
        return redirect(back)
    seen = _seen(data, posts)
    action_url = request.path if through == Through.PAGE else reverse("admin:act")
    page = {"deed": deed, "back": back, "action_url": action_url}
    reasons: dict[str, Any] = {}
    if deed == Deed.HIDE:
        form = ReasonForm(data if "with_reason" in data else None)
        if not form.is_valid():
            return _ask(request, "moderation/reason.html", {**page, "form": form, "posts": posts, "seen": seen})
        reasons = form.reasons()
    try:
        outcome = carry_out(deed, posts, by=request.user, through=through, seen=seen, **reasons)
    except PostChanged as change:
        before = change.post.content_as_of(change.seen)
        context = {
            **page,
            "changed": change.post,
            "diff": differences(before, change.post.content()) if before else [],
            "log": change.post.moderation_log.select_related("user", "clause")[:5],
            "reports": Report.objects.of(change.post).filter(answer=None)[:5],
            "posts": posts,
            "seen": seen | {key_of(change.post): change.post.version},
            "given": {name: data.get(name, "") for name in ("clause", "saved_reply", "public_reason", "private_note")},
        }
        return _ask(request, "moderation/changed.html", context, status=409)
    _tell(request, outcome)
    return redirect(back)


def _capped(entries: QuerySet) -> int:
    """How many there are, counted to COUNTED + 1 at most."""
    return entries.order_by()[: COUNTED + 1].count()


def _only_moderators(request: HttpRequest) -> None:
    """Whoever cannot see a hidden post must not learn of it from what a deed answers."""
    if not is_moderator(request.user):
        raise PermissionDenied


def _deed(name: str) -> Deed | None:
    return Deed(name) if name in Deed.of_moderators() else None


def _seen(data: Any, posts: list[Moderated]) -> dict[str, int]:
    """The version of each post that the form was made from; a list says only when it was made."""
    seen = {}
    try:
        shown_at = parse_datetime(data.get("shown_at", ""))
    except ValueError:
        shown_at = None
    if shown_at is not None and timezone.is_naive(shown_at):
        shown_at = None
    for post in posts:
        key = key_of(post)
        version = data.get(f"seen-{key}", "")
        if version.isascii() and version.isdigit() and len(version) < 10:
            seen[key] = int(version)
        elif shown_at and post.updated_on and post.updated_on > shown_at:
            seen[key] = post.version - 1
    return seen


def _ask(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    rows = [(key_of(post), context["seen"].get(key_of(post), post.version), post) for post in context["posts"]]
    context["keys"] = ",".join(key for key, _version, _post in rows) if len(rows) > ALONE else ""
    context |= {**admin.site.each_context(request), "title": context["deed"].label, "rows": rows}
    return render(request, template, context, status=status)


def _tell(request: HttpRequest, outcome: Outcome) -> None:
    """Says what was done. The tags of the message carry the deeds, for the button that undoes them."""
    if outcome.proposal:
        messages.info(
            request, _("That is more than %(limit)d posts: a second moderator has to agree.") % {"limit": ALONE}
        )
        return
    if not outcome.actions:
        messages.warning(request, _("Nothing changed: that is so already."))
        return
    number = len(outcome.actions)
    text = ngettext("%(number)d post: %(deed)s.", "%(number)d posts: %(deed)s.", number)
    pks = ",".join(str(action.pk) for action in outcome.actions)
    deed = DONE[Deed(outcome.actions[0].deed)]
    messages.success(request, text % {"number": number, "deed": deed}, extra_tags=f"undo:{pks}")


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    return (
        target
        if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
        else reverse("admin:queue")
    )
