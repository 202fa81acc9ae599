"""The content filters over posts that they have not seen: imported ones, which nobody published here."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from tqdm import tqdm

from moderation.cards import kinds
from moderation.models import Deed, ModeratedQuerySet

BATCH = 500


class Command(BaseCommand):
    help = "Runs the content filters over the posts whose auto_moderation_checked is not set, and sets it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        counts: Counter[str] = Counter()
        unseen = [kind.objects.unscreened() for kind in kinds()]
        with tqdm(total=sum(posts.count() for posts in unseen), unit="post", disable=None) as progress:
            for posts in unseen:
                for pk in _keys(posts):
                    counts.update(_screen(posts, pk, dry_run=dry_run))
                    progress.update()
        counted = ", ".join(f"{what}: {counts[what]}" for what in ("checked", "held", "marked"))
        self.stdout.write(f"{'Nothing was written. Would be ' if dry_run else ''}{counted}")


def _keys(posts: ModeratedQuerySet) -> Iterator[int]:
    """The keys of `posts`, read in batches: none is held in memory, and no cursor open, while posts are written."""
    last = 0
    while batch := list(posts.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield from batch
        last = batch[-1]


def _screen(posts: ModeratedQuerySet, pk: int, *, dry_run: bool) -> list[str]:
    """Each post in a transaction of its own, so that the site goes on meanwhile and what is done stays done."""
    with transaction.atomic():
        post: Any = posts.select_for_update().filter(pk=pk).first()
        if post is None:  # Somebody deleted or edited it since.
            return []
        deeds = {action.deed for action in post.screen(imported=True)}
        transaction.set_rollback(dry_run)
    return ["checked", *(["held"] if Deed.HOLD in deeds else ["marked"] if deeds else [])]
