"""How a line of the log is written."""

import logging
import re

# What stands in an address before a token. Whoever has that acts as the person whom it was given to.
_BEFORE = r"/(?:edit|posted|groups/invitation|account/email/confirm|account/password/reset/[^/\s]+)/"
_TOKEN = re.compile(_BEFORE + r"([^/\s?#'\"]{20,})")


class WithoutTokens(logging.Formatter):
    """Leaves out the token of a secret link, to a post, a group or an account, wherever a line quotes it."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        path = getattr(getattr(record, "request", None), "path", "")
        for token in {*_TOKEN.findall(path), *_TOKEN.findall(text)}:
            text = text.replace(token, "…")
        return text
