"""Whether two posts may be about the same event. No queries."""

import re
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from events.templatetags.venue import name_and_address

if TYPE_CHECKING:
    from events.models import Event

NEARLY = timedelta(hours=1)


def words_of(text: str) -> frozenset[str]:
    """The words of a title or venue without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return frozenset(re.findall(r"\w+", "".join(letter for letter in letters if not unicodedata.combining(letter))))


def are_alike(one: "Event", other: "Event") -> bool:
    """Whether more than half of the words of their titles are the same, or they begin at about the same time at the
    same venue."""
    here, there = words_of(one.title), words_of(other.title)
    if 2 * len(here & there) > (len(here) + len(there)) / 2:
        return True
    venue = words_of(name_and_address(one.place)[0])
    is_same_time = one.date is not None and other.date is not None and abs(one.date - other.date) <= NEARLY
    return is_same_time and bool(venue) and venue == words_of(name_and_address(other.place)[0])
