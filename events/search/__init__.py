"""Full-text search over events: title, summary, text, place, tags, areas and the name of the collective.

`EventQuerySet.matching()` and `best_matches()` are the way in; `excerpt()` and `highlighted()` show what was found.
PostgreSQL searches with its full text search and a GIN index, SQLite with FTS5; which of them is nobody's business
outside this package. Case and accents do not matter, all words must be there, and the last may be the beginning of
one. What words are is in words.py, how the database finds them in index.py.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import connections
from django.db.models.expressions import Case, RawSQL, Value, When
from django.db.models.functions import Left

from events.search.index import Index
from events.search.words import excerpt, highlighted, relevance, words_in
from moderation.models import Status

__all__ = ["excerpt", "found", "highlighted", "ranked", "words_in"]

# How many of the newest that match are compared by relevance: ranking all that have a common word takes seconds.
CANDIDATES = 500
SUMMARY_LENGTH = 1000


def found(text: str, using: str, since: datetime | None = None) -> RawSQL | None:
    """A subquery for the ids of the events that match `text`; None when there is nothing in it to search for.

    It may leave out what begins before `since`: with a million events, a word that only the past has is then known at
    once to be nowhere else.
    """
    words = words_in(text)
    return Index.of(connections[using]).found(words, since) if words else None


def ranked(events: Any, text: str, limit: int) -> list[int]:
    """The ids of at most `limit` of `events`, which match `text`, by relevance, then in their order.

    A word counts most in the title, then in what events are browsed by, then in the summary. Only the first of
    `events` in their order are ranked.
    """
    pks = list(events.values_list("pk", flat=True)[:CANDIDATES])
    # Not from `events`: what it joins and annotates is of no use here.
    candidates = events.model.objects.using(events.db).filter(pk__in=pks)
    terms: dict[int, list[str]] = defaultdict(list)
    for kind in ("tags", "areas"):
        for pk, name in candidates.filter(**{f"{kind}__isnull": False}).values_list("pk", f"{kind}__name"):
            terms[pk].append(name)
    is_shown = When(collective__moderation_status__in=Status.public(), then="collective__name")
    collective = Case(is_shown, default=Value(""))
    rows = candidates.values_list("pk", "title", "place", collective, Left("summary", SUMMARY_LENGTH))
    words, scores = words_in(text), {}
    for pk, title, place, name, summary in rows:
        names = " ".join([place, name, *terms[pk]])
        scores[pk] = relevance(words, [(8, title), (4, names), (2, summary)])
    return sorted(pks, key=lambda pk: -scores[pk])[:limit]
