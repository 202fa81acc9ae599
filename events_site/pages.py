"""Pages by number, and numbers in addresses: what makes no sense there is answered 400 with a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

# An address can name a page further off than a database counts.
MAX_PAGES = 10_000


class BadNumber(BadRequest):
    """The message is for whoever asked, in whatever format."""


def number_in(request: HttpRequest, name: str) -> int | None:
    """The whole number that the parameter `name` gives, None without it. Raises BadNumber."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadNumber(_("“%(name)s” has to be a whole number.") % {"name": name})
    return int(text)


@dataclass(frozen=True)
class NumberedPage:
    rows: list[Any]
    number: int = 1
    is_last: bool = True

    @property
    def next_query(self) -> str:
        """What leads to the page after this one; empty on the last."""
        return "" if self.is_last else f"page={self.number + 1}"


def numbered_page(
    request: HttpRequest, rows: QuerySet, size: int, read: Callable[[Any], list[Any]] = list
) -> NumberedPage:
    """Of `rows`, which have an order, the page that `page` asks for, the first without it. One query, whatever `read`
    adds to it. Raises BadNumber, and Http404 beyond the last page.
    """
    asked = number_in(request, "page")
    number = 1 if asked is None else asked
    if not 1 <= number <= MAX_PAGES:
        raise Http404
    found = read(rows[(number - 1) * size : number * size + 1])
    if not found and number > 1:
        raise Http404
    return NumberedPage(found[:size], number, is_last=len(found) <= size)
