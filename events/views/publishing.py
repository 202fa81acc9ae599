"""Publishing, and correcting it later."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.clashes import clash_on
from events.forms import EditForm, EventForm, PublishForm, StateForm, TextForm
from events.forms.fields import DayAndTimeField
from events.models import Event, Term
from events.views.keepers import after_change, back_from, for_keepers, overview
from events_site import limits
from moderation.models import is_moderator

receipts = signing.TimestampSigner(salt="events.posted")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = PublishForm(
        typed(request),
        request.FILES or None,
        user=request.user,
        client=limits.client(request),
        # The pages of groups lead here.
        initial={"collective": request.GET.get("collective")},
    )
    if is_to_be_saved(form) and not form.asks:
        return redirect(receipt_of(form, form.publish()))
    response = render(request, "events/create.html", {"form": form, "preview": preview_of(form)})
    return limits.answered(response, form.retry_after)


@never_cache
@require_safe
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    return filled_in_again(request, request.user, pk)


@require_safe
@for_keepers
def copy_by_link(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    return filled_in_again(request, keeper, pk)


def filled_in_again(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    """The form for a new event, with what an earlier one said in it."""
    event = get_object_or_404(Event.objects.visible_to(keeper).select_related("collective"), pk=pk)
    form = PublishForm.again(event, keeper=keeper, user=request.user)
    return render(request, "events/create.html", {"form": form, "event": event})


@require_safe
def clash(request: HttpRequest) -> HttpResponse:
    """What else is on a day, as the part of the form that shows it: for the form's script."""
    try:
        day = DayAndTimeField("").clean_day(request.GET.get("date", ""))
    except ValidationError:
        raise Http404 from None
    slugs = (Term.slugs_in(request.GET.get(name, "")) for name in ("tags", "areas"))
    response = render(request, "events/_clash.html", {"clash": clash_on(day, *slugs)})
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_POST
def text_preview(request: HttpRequest) -> HttpResponse:
    """What becomes of typed text, as the part of the form that shows it: for the form's script."""
    form = TextForm(request.POST)
    return render(request, "events/_text_preview.html", {"form": form, "is_valid": form.is_valid()})


def receipt_of(form: PublishForm, event: Event) -> str:
    """Where to go after publishing: to the edit link of a post without an account, otherwise to a plain receipt.

    Who typed the same as somebody else did lately is not shown the link of that post.
    """
    if event.edit_link and event.edit_link.is_opened_by(form.edit_token):
        return reverse("events:kept_posted", args=[form.edit_token])
    return reverse("events:posted", args=[receipts.sign_object(event.pk)])


@never_cache
@require_safe
def posted(request: HttpRequest, token: str) -> HttpResponse:
    """The receipt, for a day, under an address that only the person who posted knows."""
    try:
        pk = receipts.unsign_object(token, max_age=settings.FORM_MAX_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    event = get_object_or_404(Event, pk=pk)
    return render(request, "events/posted.html", {"event": event})


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def update(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    event = get_object_or_404(Event.objects.editable_by(keeper), pk=pk)
    client = counted(request, keeper)
    form = EditForm(typed(request), request.FILES or None, instance=event, user=keeper, client=client)
    if is_to_be_saved(form):
        form.save()
        return redirect(after_change(keeper, event))
    context = {"form": form, "event": event, "preview": preview_of(form), "back": back_from(keeper, event)}
    return limits.answered(render(request, "events/update.html", context), form.retry_after)


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def cancel(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    """Says that an event is cancelled or postponed, or takes place after all."""
    event = get_object_or_404(Event.objects.editable_by(keeper), pk=pk)
    form = StateForm(typed(request), event=event, client=counted(request, keeper))
    if form.is_valid():
        form.save(by=keeper, scope=request.POST.get("scope", "this"))
        return redirect(after_change(keeper, event))
    context = {"form": form, "event": event, "overview": overview(keeper)}
    return limits.answered(render(request, "events/cancel.html", context), form.retry_after)


@require_http_methods(["GET", "HEAD", "POST"])
@for_keepers
def withdraw(request: HttpRequest, keeper: Any, pk: int) -> HttpResponse:
    """An author takes a post down, or puts back what they took down. A moderator's hiding is not theirs to undo."""
    event = get_object_or_404(Event, pk=pk)
    down = event.is_taken_down
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
    return render(request, "events/withdraw.html", {"event": event, "down": down, "back": overview(keeper)})


def counted(request: HttpRequest, keeper: Any) -> limits.Client | None:
    """Whom an edit counts for; a moderator may have many to make."""
    return None if is_moderator(keeper) else limits.client(request)


def typed(request: HttpRequest) -> QueryDict | None:
    """What was sent, though it be nothing at all; None when the form is only asked for."""
    return request.POST if request.method == "POST" else None


def is_to_be_saved(form: EventForm) -> bool:
    """Whether all is right, and the person wants more than to look."""
    if "check" in form.data:
        form.look_at_day()
    return form.is_valid() and not form.data.keys() & {"check", "preview"}


def preview_of(form: EventForm) -> Event | None:
    """The event as it would look, not saved; None while there is something to put right."""
    return form.instance if "preview" in form.data and form.is_valid() else None
