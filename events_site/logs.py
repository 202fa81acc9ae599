"""How a line of the log is written."""

import logging
import re

_TOKEN = re.compile(r"(?<=/edit/)[^/\s?#'\"]{20,}")


class WithoutTokens(logging.Formatter):
    """Leaves out the token of a secret edit link, wherever a line or a traceback quotes it."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        path = getattr(getattr(record, "request", None), "path", "")
        for token in {*_TOKEN.findall(path), *_TOKEN.findall(text)}:
            text = text.replace(token, "…")
        return text
