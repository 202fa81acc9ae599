"""Content filters: patterns, written by moderators, that hold a post back or mark it.

The engine (RE2) takes linear time whatever the pattern, has no backreferences or lookaround, and is asked once for
all expressions of a filter.
"""

import logging
import re
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import re2
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import plain_text, validate_line, validate_text

logger = logging.getLogger("django.moderation")

MAX_EXPRESSIONS = 500
MAX_EXPRESSION_LENGTH = 500
# How much of a field is searched, in characters.
MAX_TEXT = 20_000
# The engine refuses programs that need more: a character costs up to as many steps as a program has.
MAX_MEMORY = 1 << 20
# What is found in one of these is found in nearly every post.
_ANYTHING = ["", *"aeio .,", "the event on Friday"]
_EXCERPT = 60
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
# What one filter may cost on a text of MAX_TEXT characters, in seconds of this processor.
MAX_SECONDS = 0.2


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    return options


def _reason(error: re2.error) -> str:
    reason = error.args[0] if error.args else error
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


@lru_cache(maxsize=512)
def compiled(text: str) -> re2.Set:
    """One matcher for all expressions, a line each. Raises ValidationError that names the one that is broken."""
    matcher = re2.Set.SearchSet(_options())
    for number, expression in enumerate(_lines(text), 1):
        params = {"number": number, "expression": expression[:60]}
        try:
            alone = re2.compile(expression, _options())
            matcher.Add(expression)
        except re2.error as error:
            raise ValidationError(
                _("Expression %(number)d, “%(expression)s”, is not understood: %(reason)s."),
                params={**params, "reason": _reason(error)},
            ) from None
        if any(alone.search(anything) for anything in _ANYTHING):
            raise ValidationError(
                _("Expression %(number)d, “%(expression)s”, would match nearly every post."), params=params
            )
    try:
        matcher.Compile()
    except re2.error:
        raise ValidationError(
            _("Together these expressions are too much for one filter: make them simpler, or two filters.")
        ) from None
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
    for number, expression in enumerate(expressions, 1):
        if len(expression) > MAX_EXPRESSION_LENGTH:
            raise ValidationError(
                _("Expression %(number)d has %(length)d characters; %(limit)d are allowed."),
                params={"number": number, "length": len(expression), "limit": MAX_EXPRESSION_LENGTH},
            )
    matcher = compiled(text)
    letters = "".join(dict.fromkeys(re.sub(r"\W", "", text))) or "ab"
    trial = (letters * (MAX_TEXT // len(letters) + 1))[:MAX_TEXT]
    start = time.process_time()
    matcher.Match(trial)
    if time.process_time() - start > MAX_SECONDS:
        raise ValidationError(_("These expressions take too long on a long text: use fewer counts such as {0,100}."))


@dataclass(frozen=True)
class Find:
    """Where a filter found something, and some of the text there."""

    field: str
    expression: str
    excerpt: str


class ContentFilterQuerySet(models.QuerySet):
    def in_force(self) -> Self:
        now = timezone.now()
        return self.filter(models.Q(expires_on=None) | models.Q(expires_on__gt=now), is_active=True)

    def matching(self, content: Mapping[str, str]) -> list["ContentFilter"]:
        """The filters in force that match, counted as hits. Those that hold a post back come first."""
        texts = searched(content)
        in_force: Any = self.in_force().order_by("-holds", "id")
        found = [each for each in in_force if each.find(texts)]
        if found:
            self.filter(pk__in=[each.pk for each in found]).update(
                hits=models.F("hits") + 1, last_hit_on=timezone.now()
            )
        return found


def searched(content: Mapping[str, str]) -> dict[str, list[str]]:
    """What is searched of each field: what is stored, the words that are shown, and these without disguise.

    Letters of other widths and styles count as the plain ones; what has no width is left out.
    """
    found = {}
    for name, text in content.items():
        shown = plain_text(text)
        undisguised = _INVISIBLE.sub("", unicodedata.normalize("NFKC", shown))
        variants = [variant[:MAX_TEXT] for variant in (text, shown, undisguised)]
        if text:
            found[name] = list(dict.fromkeys(variants))
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

    @property
    def is_in_force(self) -> bool:
        return self.is_active and (self.expires_on is None or self.expires_on > timezone.now())

    def find(self, texts: Mapping[str, list[str]]) -> Find | None:
        """The first field of `texts` (see `searched`) in which an expression is found.

        Expressions are checked when they are saved. Should the engine refuse stored ones all the same, posts must
        still get through: the filter finds nothing, and the server's log says so.
        """
        try:
            matcher = compiled(self.expressions)
        except ValidationError as problem:
            logger.error("Content filter %s cannot be used: %s", self.pk, " ".join(problem.messages))
            return None
        for name, variants in texts.items():
            if self.fields and name not in self.fields:
                continue
            for text in variants:
                if numbers := matcher.Match(text):
                    expression = _lines(self.expressions)[min(numbers)]
                    return Find(name, expression, _excerpt(expression, text))
        return None


def _excerpt(expression: str, text: str) -> str:
    found = re2.search(expression, text, _options())
    start, end = (max(found.start() - _EXCERPT, 0), found.start() + 2 * _EXCERPT) if found else (0, 2 * _EXCERPT)
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
