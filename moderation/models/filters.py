"""Content filters: patterns, written by moderators, that hold a post back or mark it.

The engine (RE2) takes linear time whatever the pattern, has no backreferences or lookaround, and is asked once for
all expressions of a filter.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Self

import re2
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import plain_text, validate_line, validate_text

MAX_EXPRESSIONS = 500
MAX_EXPRESSION_LENGTH = 500
# How much of a field is searched, in characters.
MAX_TEXT = 20_000


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 8 << 20
    return options


@lru_cache(maxsize=128)
def compiled(text: str) -> re2.Set:
    """One matcher for all expressions, a line each. Raises ValidationError that names the one that is broken."""
    matcher = re2.Set.SearchSet(_options())
    for number, expression in enumerate(_lines(text), 1):
        try:
            if re2.compile(expression, _options()).search(""):
                raise ValidationError(
                    _("Expression %(number)d, “%(expression)s”, would match every post."),
                    params={"number": number, "expression": expression[:60]},
                )
            matcher.Add(expression)
        except re2.error as error:
            reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            raise ValidationError(
                _("Expression %(number)d, “%(expression)s”, is not understood: %(reason)s."),
                params={"number": number, "expression": expression[:60], "reason": reason},
            ) from None
    matcher.Compile()
    return matcher


def validate_expressions(text: str) -> None:
    """Refuses what the engine does not understand, what matches everything, and too much of it.

    Raises ValidationError.
    """
    expressions = _lines(text)
    if not expressions:
        raise ValidationError(_("Write at least one expression."))
    if len(expressions) > MAX_EXPRESSIONS:
        raise ValidationError(
            _("At most %(limit)d expressions; there are %(number)d."),
            params={"limit": MAX_EXPRESSIONS, "number": len(expressions)},
        )
    if longest := max((line for line in expressions if len(line) > MAX_EXPRESSION_LENGTH), default="", key=len):
        raise ValidationError(
            _("An expression has %(length)d characters; %(limit)d are allowed."),
            params={"length": len(longest), "limit": MAX_EXPRESSION_LENGTH},
        )
    compiled(text)


class ContentFilterQuerySet(models.QuerySet):
    def in_force(self) -> Self:
        now = timezone.now()
        return self.filter(models.Q(expires_on=None) | models.Q(expires_on__gt=now), is_active=True)

    def matching(self, content: Mapping[str, str]) -> list["ContentFilter"]:
        """The filters in force that match, counted as hits. Those that hold a post back come first."""
        found: list[Any] = [
            each for each in ContentFilter.objects.in_force().order_by("-holds", "id") if each.matches(content)
        ]
        if found:
            self.filter(pk__in=[each.pk for each in found]).update(
                hits=models.F("hits") + 1, last_hit_on=timezone.now()
            )
        return found


class ContentFilter(models.Model):
    title = models.CharField(_("title"), max_length=120, validators=[validate_line])
    why = models.TextField(_("why"), validators=[validate_text], help_text=_("For the moderators who come after you."))
    expressions = models.TextField(
        _("expressions"),
        validators=[validate_text, validate_expressions],
        help_text=_("Regular expressions (RE2), one on a line; upper and lower case do not matter."),
    )
    fields = models.JSONField(_("looks at"), default=list, blank=True)
    holds = models.BooleanField(
        _("holds the post back"),
        default=True,
        help_text=_("Nobody sees it until a moderator has looked. Otherwise it is only marked in the queue."),
    )
    is_active = models.BooleanField(_("switched on"), default=False)
    expires_on = models.DateTimeField(_("expires"), null=True, blank=True)
    hits = models.PositiveIntegerField(_("hits"), default=0, editable=False)
    last_hit_on = models.DateTimeField(_("last hit"), null=True, editable=False)

    objects = ContentFilterQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        verbose_name = _("content filter")
        verbose_name_plural = _("content filters")

    def __str__(self) -> str:
        return self.title

    def matches(self, content: Mapping[str, str]) -> bool:
        """Whether an expression is found in one of the fields: in what is stored, or in the words that are shown."""
        matcher = compiled(self.expressions)
        for name, text in content.items():
            if text and (not self.fields or name in self.fields):
                stored = text[:MAX_TEXT]
                if matcher.Match(stored) or matcher.Match(plain_text(stored)):
                    return True
        return False
