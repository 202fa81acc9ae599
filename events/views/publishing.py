"""Publishing, and correcting it later."""

from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from events.forms import EditForm, EventForm, PublishForm, StateForm
from events.models import Event, Holder
from events.views.keepers import for_keepers, overview

receipts = signing.Signer(salt="events.posted")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = PublishForm(typed(request), user=request.user)
    if form.is_valid() and "preview" not in request.POST:
        return redirect("events:posted", receipts.sign_object(form.publish().pk))
    return render(request, "events/create.html", {"form": form, "preview": preview_of(form)})


@never_cache
@require_safe
def posted(request: HttpRequest, token: str) -> HttpResponse:
    """The receipt, under an address that only the person who posted knows."""
    try:
        pk = receipts.unsign_object(token)
    except signing.BadSignature:
        raise Http404 from None
    event = get_object_or_404(Event, pk=pk)
    return render(request, "events/posted.html", {"event": event})


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def update(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    event = get_object_or_404(Event.objects.editable_by(keeper), pk=pk)
    form = EditForm(typed(request), instance=event, user=keeper)
    if form.is_valid() and "preview" not in request.POST:
        form.save()
        return redirect(overview(keeper) if isinstance(keeper, Holder) else event)
    return render(request, "events/update.html", {"form": form, "event": event, "preview": preview_of(form)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def cancel(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    """Says that an event is cancelled or postponed, or takes place after all."""
    event = get_object_or_404(Event.objects.editable_by(keeper), pk=pk)
    form = StateForm(typed(request), event=event)
    if form.is_valid():
        form.save(by=keeper, scope=request.POST.get("scope", "this"))
        return redirect(overview(keeper) if isinstance(keeper, Holder) else event)
    context = {"form": form, "event": event, "overview": overview(keeper)}
    return render(request, "events/cancel.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def withdraw(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    """An author takes a post down, or puts back what they took down. A moderator's hiding is not theirs to undo."""
    event = get_object_or_404(Event, pk=pk)
    down = event.is_hidden and not event.is_held
    if not event.may_be_kept_by(keeper) or (down and not event.may_be_restored_by(keeper)):
        raise Http404
    if request.method == "POST":
        # The form says what it was for, so that a second press does not do the opposite.
        scope = request.POST.get("scope", "this")
        if request.POST.get("do") == "restore" and down:
            event.restore_dates(scope, by=keeper)
        elif request.POST.get("do") == "withdraw" and not down:
            event.withdraw_dates(scope, by=keeper)
        return redirect(overview(keeper))
    return render(request, "events/withdraw.html", {"event": event, "down": down})


def typed(request: HttpRequest) -> QueryDict | None:
    """What was sent, though it be nothing at all; None when the form is only asked for."""
    return request.POST if request.method == "POST" else None


def preview_of(form: EventForm) -> Event | None:
    """The event as it would look, not saved; None while there is something to put right."""
    return form.instance if "preview" in form.data and form.is_valid() else None


@require_safe
@for_keepers
def kept(request: HttpRequest, keeper: Any) -> HttpResponse:
    """What the secret edit link opens: the post, or the dates of the series, and what can be done with them."""
    events = keeper.link.events.order_by("date", "id").with_hiding()
    return render(request, "events/kept.html", {"events": events, "keeper": keeper})
