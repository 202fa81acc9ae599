"""Additions: what a reader fills in, and how it becomes a comment, once."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import Comment, Event
from events_site.guards import FormToken, GuardedForm
from events_site.links import FewLinks
from events_site.sanitizing import RichTextField, validate_line, validate_no_markup


class CommentForm(forms.ModelForm):
    """What a comment says and how it is signed."""

    body = RichTextField(
        label=_("What do you know?"),
        typed_max_length=settings.COMMENT_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("A changed time, how to get there, who brings what. Web addresses work."),
        error_messages={"required": _("Write what you want to add.")},
    )

    published_by = forms.CharField(
        label=_("Shown as posted by"),
        max_length=255,
        required=False,
        validators=[validate_line, validate_no_markup],
        help_text=_("A name, a group, or nothing."),
    )

    class Meta:
        model = Comment
        fields = ["body", "published_by"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if self.instance.body_source is not None:
            self.initial["body"] = self.instance.body_source
        # The browser must not cut off what is pasted; the field's validator stays.
        self.fields["published_by"].widget.attrs.pop("maxlength", None)

    def clean_body(self) -> str:
        """A text that nobody touched keeps its bytes."""
        if self.instance.pk and "body" not in self.changed_data:
            return self.instance.body
        self.instance.body_source = self["body"].data
        return str(self.cleaned_data["body"])


class AddCommentForm(GuardedForm, FewLinks, CommentForm):
    """Further information about `event`, by `author`: an account, the holder of an edit link, or anybody."""

    limit = "comment"

    without_account = forms.BooleanField(
        label=_("Not under my account"),
        required=False,
        help_text=_("Nothing will tie this to you. You cannot take it down later."),
    )

    def __init__(self, *args: Any, event: Event, author: Any, **kwargs: Any) -> None:
        super().__init__(*args, instance=Comment(event=event), **kwargs)
        self.author = author
        self.instance.is_organiser = event.may_be_kept_by(author)
        if not author.is_authenticated:
            del self.fields["without_account"]

    @property
    def is_anonymous(self) -> bool:
        return not self.author.is_authenticated or bool(self.cleaned_data.get("without_account"))

    def shown_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("body", "published_by", "without_account") if name in self.fields]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.instance.record_creation(AnonymousUser() if cleaned.get("without_account") else self.author)
        self.guard()
        return cleaned

    def clean_token(self, token: FormToken) -> None:
        super().clean_token(token)
        if not self.errors and (sent := self._sent_before(token)) and self._differs_from(sent):
            self.ask_again(
                replace(token, key=FormToken.new().key, confirmed=time.time()),
                _("You have sent this form before, with another text. If this is something else, send it again."),
            )

    @staticmethod
    def _sent_before(token: FormToken) -> Comment | None:
        """The comment that the form with this token made, if it was sent before."""
        return Comment.objects.filter(submission_key=token.submission_key).first()

    def _sent_lately(self) -> Comment | None:
        """The same text by the same author, sent within a day: a browser that went back has a fresh token."""
        new = self.instance
        since = timezone.now() - timedelta(seconds=settings.FORM_MAX_SECONDS)
        alike = Comment.objects.filter(event=new.event, user=new.user, is_organiser=new.is_organiser, body=new.body)
        return alike.filter(published_by=new.published_by, created_on__gte=since).first()

    def _differs_from(self, comment: Comment) -> bool:
        return any(self.cleaned_data[name] != getattr(comment, name) for name in self._meta.fields or ())

    def add(self) -> Comment:
        """Saves the new comment. The same form sent again gives the comment it made the first time."""
        assert self.token is not None
        if sent := self._sent_lately():
            return sent
        self.instance.submission_key = self.token.submission_key
        try:
            with transaction.atomic():
                comment: Comment = self.save()
                comment.screen()
                return comment
        except IntegrityError:
            if (sent := self._sent_before(self.token)) is None:
                raise
            return sent
