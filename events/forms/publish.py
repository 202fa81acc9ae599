"""Publishing: how what was filled in becomes an event, once."""

from base64 import urlsafe_b64encode
from datetime import date
from typing import Any, Self

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from events.calendar import weeks_later
from events.forms.event import EventForm
from events.forms.once import OnceForm
from events.forms.repeating import RepeatFields
from events.models import EditLink, Event, Term
from events_site.sanitizing import sanitized


class PublishForm(OnceForm, RepeatFields, EventForm):
    """A new event, from anybody. Guards against machines and against being sent twice."""

    limit = "post"

    without_account = forms.BooleanField(
        label=_("Not under my account"),
        required=False,
        help_text=_("Nothing will tie this post to you. You get a secret link to change it with."),
    )

    # Whether the person has seen what may be the same event; and what that is.
    compared = forms.BooleanField(required=False, widget=forms.HiddenInput)
    similar: list[Event] = []
    asks = False

    @classmethod
    def again(cls, event: Event, *, keeper: Any, user: Any) -> Self:
        """The form filled in with what `event` said, for another day: the next of the same weekday.

        Who posted it and how to reach them is only for whoever keeps it.
        """
        form = cls(user=user)
        names = ["title", "place", "source", "allows_comments"]
        if event.may_be_kept_by(keeper):
            names += ["published_by", "contact_email", "contact_phone", "collective"]
        form.initial.update({name: getattr(event, name) for name in names})
        for name in ("summary", "body"):
            typed = getattr(event, f"{name}_source")
            form.initial[name] = sanitized(getattr(event, name)) if typed is None else typed
        form.initial.update({name: list(getattr(event, name).all()) for name in form.terms})
        if event.date:
            form._suggest_day(event, weeks_later(event.date))
        if event.attachments.exists():
            field, hint = form.fields["attachments"], _("Choose the earlier flyer again if it still fits.")
            field.help_text = format_lazy("{} {}", hint, field.help_text)
        return form

    def _suggest_day(self, event: Event, day: date | None) -> None:
        """Fills in `day` with the clock times of `event`. The end has no day where it needs none."""
        assert event.date is not None
        starts = timezone.localtime(event.date)
        self.initial["date"] = [day, starts.time()]
        if day:
            self.fields["date"].help_text = _("The next %(weekday)s, at the time it had. Change what is different.") % {
                "weekday": date_format(day, "l")
            }
        if event.end_date:
            ends = timezone.localtime(event.end_date)
            is_near = ends.date() == starts.date() or event.ends_next_morning
            last = None if is_near or not day else day + (ends.date() - starts.date())
            self.initial["end_date"] = [last, ends.time()]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.user.is_authenticated:
            del self.fields["without_account"]

    @property
    def is_anonymous(self) -> bool:
        return super().is_anonymous or bool(self.cleaned_data.get("without_account"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("without_account") and cleaned.get("collective"):
            self.add_error("collective", _("A group's post is always under an account: choose one or the other."))
        self.guard()
        return cleaned

    def alike(self) -> QuerySet:
        same = {name: getattr(self.instance, name) for name in ("title", "date", "user")}
        return Event.objects.filter(**same)

    def question_about(self, post: Event) -> Any:
        return _("You have sent this form before, as “%(title)s”. If this is another event, send it again.") % {
            "title": post.title
        }

    def differs_from(self, post: Event) -> bool:
        rule = post.event_group.rule if post.event_group else None
        return (
            self.recurrence != rule
            or any(self.cleaned_data[name] != getattr(post, name) for name in self._columns())
            or any(self._slugs(name) != {term.slug for term in getattr(post, name).all()} for name in self.terms)
            or self._shows_otherwise(post)
        )

    def _slugs(self, name: str) -> set[str]:
        return {Term.slug_of(term) for term in self.cleaned_data[name]}

    def _shows_otherwise(self, event: Event) -> bool:
        """Whether other files came with the form: the same one, written anew, has the same size. None is as good as
        any, for files are not sent twice.
        """
        mine, its = ([(each.kind, each.size) for each in some] for some in (self.attached(), event.attachments.all()))
        return bool(mine) and mine != its

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.user.is_authenticated and not self.cleaned_data.get("without_account"):
            self.instance.user = self.user
        self.instance.record_creation()
        if not self.errors and "check" not in self.data:
            self._compare()

    def _compare(self) -> None:
        """Looks for what may be the same event already. That is shown, and asked about once; never refused."""
        assert self.token is not None
        similar = Event.objects.visible().similar_to(self.instance)
        # What this very form has made is no other event.
        if similar and not self.sent_before(self.token) and not self.sent_lately():
            self.similar = similar
            self.asks = "preview" not in self.data and not self.cleaned_data["compared"]
            data: Any = self.data
            data = data.copy()
            data["compared"] = "1"
            self.data = data

    @property
    def edit_token(self) -> str:
        """What opens the edit link of a post without an account: the same for the same form."""
        assert self.token is not None
        return urlsafe_b64encode(self.token.derive("edit link")).decode().rstrip("=")

    def publish(self) -> Event:
        """Saves the new event. The same form sent again gives the event it made the first time."""
        event: Event = self.save_once()
        return event

    def make(self) -> Event:
        if self.instance.user is None:
            self.instance.edit_link = EditLink.objects.of(self.edit_token)
        event = self.save()
        event.screen()
        self.make_series(event)
        return event
