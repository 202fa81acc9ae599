"""Additions: what a reader fills in, and how it becomes a comment, once."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from events.forms.once import OnceForm
from events.models import Comment, Event
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


class AddCommentForm(OnceForm, FewLinks, CommentForm):
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

    def alike(self) -> QuerySet:
        new = self.instance
        return Comment.objects.filter(event=new.event, user=new.user, is_organiser=new.is_organiser, body=new.body)

    def differs_from(self, post: Comment) -> bool:
        return any(self.cleaned_data[name] != getattr(post, name) for name in self._meta.fields or ())

    def question_about(self, post: Comment) -> Any:
        return _("You have sent this form before, with another text. If this is something else, send it again.")

    def add(self) -> Comment:
        """Saves the new comment. The same form sent again gives the comment it made the first time."""
        comment: Comment = self.save_once()
        return comment

    def make(self) -> Comment:
        comment: Comment = self.save()
        comment.screen()
        return comment
