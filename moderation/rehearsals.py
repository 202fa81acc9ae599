"""What a content filter would have caught, had it been there before."""

import heapq
from dataclasses import dataclass

from moderation.cards import kinds
from moderation.models import ContentFilter, Moderated
from moderation.models.filters import Find, searched

LATEST = 1_000


@dataclass(frozen=True)
class Caught:
    post: Moderated
    find: Find


def rehearse(content_filter: ContentFilter) -> tuple[list[Caught], int]:
    """What it finds among the latest posts of all kinds, newest first, and how many it looked at. Counts no hits."""
    latest = heapq.nlargest(
        LATEST,
        (
            (created_on, pk, number)
            for number, kind in enumerate(kinds())
            for pk, created_on in kind.objects.exclude(created_on=None)
            .order_by("-created_on", "-pk")
            .values_list("pk", "created_on")[:LATEST]
        ),
    )
    caught: list[Caught] = []
    for number, kind in enumerate(kinds()):
        posts = kind.objects.for_queue().filter(pk__in=[pk for _created_on, pk, which in latest if which == number])
        finds = ((post, content_filter.find(searched(post.content()))) for post in posts.iterator(chunk_size=100))
        caught += [Caught(post, find) for post, find in finds if find]
    caught.sort(key=lambda each: (each.post.created_on, each.post.pk), reverse=True)
    return caught, len(latest)
