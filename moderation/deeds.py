"""Deeds on one post or on many: the way that the queue, the admin and the public pages take alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from moderation.models import (
    PERMISSIONS,
    Deed,
    Moderated,
    ModerationAction,
    PostChanged,
    Proposal,
    QueueEntry,
    Status,
    Through,
    is_moderator,
)

# A deed on more posts than this needs a second moderator.
ALONE = 50


@dataclass(frozen=True)
class Outcome:
    """What came of a deed: rows of the log, or a proposal that waits for a second moderator."""

    actions: list[ModerationAction] = field(default_factory=list)
    proposal: Proposal | None = None


def key_of(post: Moderated) -> str:
    """Names a post of any kind in a form."""
    return f"{ContentType.objects.get_for_model(type(post)).pk}-{post.pk}"


def posts_of(keys: Iterable[str]) -> list[Moderated]:
    """The posts that these keys name, in the order of the keys; what is no key, or no post any more, is left out."""
    wanted: dict[int, list[int]] = {}
    for key in keys:
        kind, _dash, pk = key.partition("-")
        if kind.isascii() and kind.isdigit() and pk.isascii() and pk.isdigit() and len(key) < 40:
            wanted.setdefault(int(kind), []).append(int(pk))
    found: dict[str, Moderated] = {}
    for content_type in ContentType.objects.filter(pk__in=[kind for kind in wanted if kind < 2**31]):
        model = content_type.model_class()
        if model is not None and issubclass(model, Moderated):
            pks = [pk for pk in wanted[content_type.pk] if pk < 2**63]
            found |= {key_of(post): post for post in model.objects.filter(pk__in=pks)}
    return [found[key] for key in keys if key in found]


def may(user: Any, deed: Deed) -> bool:
    return bool(user.has_perm(PERMISSIONS[deed]))


def offered(post: Moderated, user: Any, entry: QueueEntry | None) -> list[Deed]:
    """The deeds that would change something on `post` and that `user` may do. `entry` is its place in the queue."""
    without_effect = {
        Deed.PUBLISH: post.moderation_status == Status.PUBLISHED,
        Deed.PROMOTE: post.is_promoted,
        Deed.FEATURE: post.is_featured,
        Deed.HIDE: post.is_taken_down and not post.is_withdrawn,
        Deed.DISMISS: entry is None or not entry.can_be_dismissed,
        Deed.STICK: bool(getattr(post, "stick_at_top", True)),
        Deed.UNSTICK: not getattr(post, "stick_at_top", False),
    }
    return [deed for deed in Deed.of_moderators() if may(user, deed) and not without_effect[deed]]


def bar_for(post: Moderated, user: Any) -> dict[str, Any] | None:
    """What the moderators' bar of a public page needs; None for everybody else."""
    if not is_moderator(user):
        return None
    return {"key": key_of(post), "deeds": offered(post, user, QueueEntry.objects.of(post).first())}


def carry_out(
    deed: Deed,
    posts: Sequence[Moderated],
    *,
    by: Any,
    through: Through,
    seen: Mapping[str, int] | None = None,
    **reasons: Any,
) -> Outcome:
    """Does `deed` to all of the posts or to none. `seen` has the version of each post, by key, that `by` was shown.

    Raises PermissionDenied, and PostChanged for the first post that is no longer as it was shown.
    """
    if not may(by, deed):
        raise PermissionDenied(_("You may not do this."))
    if len(posts) > ALONE:
        return Outcome(proposal=_propose(deed, posts, by=by, seen=seen or {}, **reasons))
    return Outcome(actions=_do(deed, posts, by=by, through=through, seen=seen, **reasons))


def decide(proposal: Proposal, *, accept: bool, by: Any) -> list[ModerationAction]:
    """A second moderator agrees to a deed on many posts, or not; whoever proposed it may only take it back.

    A post that has changed since it was proposed is left as it is. Raises PermissionDenied.
    """
    with transaction.atomic():
        proposal = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        if proposal.was_accepted is not None:
            return []
        deed = Deed(proposal.deed)
        if not may(by, deed) or (accept and proposal.proposed_by == by):
            raise PermissionDenied(_("A second moderator has to agree."))
        proposal.was_accepted, proposal.decided_by = accept, by
        proposal.save()
        if not accept:
            return []
        reasons: dict[str, Any] = {"note": proposal.private_note}
        if deed == Deed.HIDE:
            reasons |= {"reason": proposal.public_reason, "clause": proposal.clause}
        unchanged = [post for post in posts_of(proposal.keys) if post.version == proposal.keys[key_of(post)]]
        return _do(deed, unchanged, by=by, through=Through.ADMIN, **reasons)


def _propose(deed: Deed, posts: Sequence[Moderated], *, by: Any, seen: Mapping[str, int], **reasons: Any) -> Proposal:
    for post in posts:
        if seen.get(key_of(post), post.version) != post.version:
            raise PostChanged(post, seen[key_of(post)])
    return Proposal.objects.create(
        deed=deed,
        keys={key_of(post): post.version for post in posts},
        clause=reasons.get("clause"),
        public_reason=reasons.get("reason", ""),
        private_note=reasons.get("note", ""),
        proposed_by=by,
    )


def _do(
    deed: Deed,
    posts: Sequence[Moderated],
    *,
    by: Any,
    through: Through,
    seen: Mapping[str, int] | None = None,
    **reasons: Any,
) -> list[ModerationAction]:
    seen = seen or {}
    with transaction.atomic():
        # Always in the same order, so that two moderators cannot lock each other out.
        ordered = sorted(posts, key=lambda post: (post._meta.label, post.pk))
        done = [
            getattr(post, deed.value)(by=by, through=through, seen=seen.get(key_of(post)), **reasons)
            for post in ordered
        ]
    return [action for action in done if action is not None]
