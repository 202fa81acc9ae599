"""Web addresses in what strangers write: advertising lives on them."""

import html
import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import plain_text

_HREF = re.compile(r"""<a\s[^>]*?href="(https?:[^"]*)""", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)


def web_addresses(text: str) -> set[str]:
    """The web addresses in a piece of cleaned HTML or plain text, each once: links, and what only looks like one."""
    found = [*_HREF.findall(text), *_BARE_ADDRESS.findall(plain_text(text))]
    return {re.sub(r"^https?://", "", html.unescape(address).lower()).rstrip("/.,;:!?)") for address in found}


class FewLinks(forms.BaseForm):
    """A form in which somebody without an account writes only so many web addresses. `clean()` counts them."""

    @property
    def is_anonymous(self) -> bool:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        links = {name: web_addresses(text) for name, text in cleaned.items() if isinstance(text, str)}
        written = [name for name in links if links[name] and name in self.changed_data]
        number = len(set().union(*links.values()))
        if self.is_anonymous and written and number > settings.POST_MAX_LINKS:
            self.add_error(
                max(written, key=lambda name: len(links[name])),
                _(
                    "There are %(number)d web addresses in this; without an account it may have %(limit)d. "
                    "Take some out, or log in."
                )
                % {"number": number, "limit": settings.POST_MAX_LINKS},
            )
        return cleaned
