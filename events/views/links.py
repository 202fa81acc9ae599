"""What a secret edit link opens, and what its holder can do with the link itself."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from events.forms import LostLinkForm, MailLinkForm
from events.models import EditLink, Event, Holder
from events.views.keepers import for_keepers, overview
from events_site import limits

SHOWN = 100


@require_safe
@for_keepers
def kept(request: HttpRequest, keeper: Holder, news: str = "") -> HttpResponse:
    """The post, or the dates of the series, and what can be done with them.

    `news` is what has just happened: "posted" and "renewed" show the address of the link, "changed" and
    "mailed" say so.
    """
    return kept_page(request, keeper, MailLinkForm(), news)


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def mail_link(request: HttpRequest, keeper: Holder) -> HttpResponse:
    form = MailLinkForm(request.POST if request.method == "POST" else None, client=limits.client(request))
    if form.is_valid():
        form.send(keeper)
        return redirect("events:kept_mailed", keeper.token)
    return limits.answered(kept_page(request, keeper, form), form.retry_after)


def kept_page(request: HttpRequest, keeper: Holder, form: MailLinkForm, news: str = "") -> HttpResponse:
    context = {
        "events": list(keeper.link.events.upcoming_first().with_hiding()[:SHOWN]),
        "keeper": keeper,
        "form": form,
        "news": news,
        "address": settings.SITE_URL + overview(keeper),
    }
    return render(request, "events/kept.html", context)


@require_safe
@for_keepers
def detail_by_link(request: HttpRequest, keeper: Holder, pk: int) -> HttpResponse:
    """An event as it looks or will look, for who may edit it though not everybody sees it."""
    event = get_object_or_404(Event.objects.editable_by(keeper).select_related("collective"), pk=pk)
    attachments = list(event.attachments.all())
    for attachment in attachments:
        attachment.with_key = not event.is_public
    context = {"event": event, "keeper": keeper, "attachments": attachments}
    return render(request, "events/detail_by_link.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def renew_link(request: HttpRequest, keeper: Holder) -> HttpResponse:
    if request.method == "POST":
        return redirect("events:kept_renewed", keeper.link.renew())
    return render(request, "events/renew_link.html", {"keeper": keeper})


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def revoke_link(request: HttpRequest, keeper: Holder) -> HttpResponse:
    if request.method == "POST":
        keeper.link.delete()
        return redirect("events:link_revoked")
    return render(request, "events/revoke_link.html", {"keeper": keeper})


@never_cache
@require_safe
def link_revoked(request: HttpRequest) -> HttpResponse:
    return render(request, "events/link_revoked.html")


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def claim(request: HttpRequest, keeper: Holder) -> HttpResponse:
    """Who is logged in and holds the link of a post takes it under the account."""
    if not request.user.is_authenticated:
        return redirect(overview(keeper))
    if request.method == "POST":
        try:
            keeper.link.move_to(request.user)
        except EditLink.DoesNotExist:
            raise Http404 from None
        return redirect("collectives:account")
    return render(request, "events/claim.html", {"keeper": keeper})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lost_link(request: HttpRequest) -> HttpResponse:
    """Sends a new link to whoever names the address that the lost one was mailed to."""
    event = request.GET.get("event", "")
    data = request.POST if request.method == "POST" else None
    form = LostLinkForm(data, initial={"event": event}, client=limits.client(request))
    if form.is_valid():
        form.send()
        return redirect("events:lost_link_sent")
    return limits.answered(render(request, "events/lost_link.html", {"form": form}), form.retry_after)


@never_cache
@require_safe
def lost_link_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "events/lost_link_sent.html")
