"""Posts: what visitors publish and moderators may hide.

Events, comments and collectives inherit `Moderated`. A post changes its status through its deeds and in no other way.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from moderation import emails
from moderation.models.filters import ContentFilter
from moderation.models.log import (
    PERMISSIONS,
    AlreadyUndone,
    Deed,
    Guideline,
    ModerationAction,
    ModerationActionQuerySet,
    Status,
    Through,
)
from moderation.models.querysets import ModeratedQuerySet, is_moderator
from moderation.models.queue import OfPostQuerySet, QueueEntry, Report

# More reports than this on one post tell a moderator nothing new.
MAX_OPEN_REPORTS = 20
FLOOD_NOTE = _("Flood brake: more anonymous posts came within an hour than the site lets through unseen.")


class PostChanged(Exception):  # noqa: N818
    """The post is not as it was when the person who acts on it saw it. Nothing was done."""

    def __init__(self, post: "Moderated", seen: int) -> None:
        super().__init__(f"{post._meta.label} {post.pk} has version {post.version}, not {seen}")
        self.post = post
        self.seen = seen


class Revision(models.Model):
    """What a post said before an edit. Goes with its post; `prune` takes away what is older than 90 days."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    post = GenericForeignKey()
    version = models.PositiveIntegerField()
    content = models.JSONField()
    created_on = models.DateTimeField(default=timezone.now)

    objects = OfPostQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id", "version"], name="revision_once"),
        ]
        indexes = [models.Index(fields=["created_on"], name="revision_by_age")]

    def __str__(self) -> str:
        return f"{self.object_id}, {self.version}"


class Moderated(models.Model):
    """A post that visitors see until a moderator hides it."""

    moderation_status = models.CharField(
        _("moderation status"), max_length=10, choices=Status, default=Status.PENDING, editable=False
    )
    # A filter or the flood brake hid it before anybody saw it: its author reads "waiting", not "hidden".
    is_held = models.BooleanField(_("held back"), default=False, editable=False)
    public_since = models.DateTimeField(_("public since"), null=True, editable=False)
    created_on = models.DateTimeField(_("posted"), null=True, default=timezone.now, editable=False)
    updated_on = models.DateTimeField(_("last change"), null=True, editable=False)
    # Raised by every change. It travels with a form, so that nobody overwrites what they have not seen.
    version = models.PositiveIntegerField(default=1, editable=False)
    # The version that a moderator last judged, if any.
    reviewed_version = models.PositiveIntegerField(null=True, editable=False)

    # What people wrote, by field: compared after an edit, and searched by the content filters.
    content_fields: Sequence[str] = ()
    # What is read of a post that is shown beside another, to compare them.
    compared_fields: Sequence[str] = ()
    # What deeds write, which an edit of something read before must not overwrite.
    state_fields: Sequence[str] = ("moderation_status", "is_held", "public_since", "version", "reviewed_version")
    queue_template = "moderation/_queue_post.html"
    # The place in the queue of another post that was given the same words, and stands for this one there.
    stands_behind: QueueEntry | None = None

    objects = ModeratedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(moderation_status__in=Status.values), name="%(app_label)s_%(class)s_status_known"
            )
        ]

    def save(self, *args: Any, keep_times: bool = False, **kwargs: Any) -> None:
        """Saves, and notes when: `updated_on` is now, `public_since` the first time everybody could see the post.

        With `keep_times` both times of the record stay as they are, as an import needs it. A post that waits for
        review is in the queue from its first save on.
        """
        adding = self._state.adding
        self._note_times(keep_times=keep_times)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "updated_on", "public_since", "version"}
        with transaction.atomic():
            super().save(*args, **kwargs)
            if adding and self.is_pending:
                QueueEntry.objects.put(self, is_new=True)

    def _note_times(self, *, keep_times: bool = False) -> None:
        """What `save` notes beside what it is given."""
        adding = self._state.adding
        if not keep_times:
            self.updated_on = timezone.now()
        if not adding:
            self.version += 1
        if self.is_public and self.public_since is None:
            self.public_since = (self.created_on if keep_times else self.updated_on) or timezone.now()
        if adding and not self.is_pending and not self.is_held and self.reviewed_version is None:
            # What needs no review counts as reviewed as it is: an edit is compared with that.
            self.reviewed_version = self.version

    @property
    def is_public(self) -> bool:
        return self.moderation_status in Status.public()

    @property
    def is_hidden(self) -> bool:
        return self.moderation_status == Status.HIDDEN

    @property
    def is_taken_down(self) -> bool:
        """Whether somebody hid it on purpose, rather than that it waits for a moderator."""
        return self.is_hidden and not self.is_held

    @property
    def is_pending(self) -> bool:
        return self.moderation_status == Status.PENDING

    @property
    def is_featured(self) -> bool:
        return self.moderation_status == Status.FEATURED

    @property
    def is_promoted(self) -> bool:
        return self.moderation_status == Status.PROMOTED

    @property
    def moderation_log(self) -> ModerationActionQuerySet:
        """What moderators did to this post, newest first. No relation, so that the log outlives the post."""
        return ModerationAction.objects.of(self)

    @cached_property
    def last_hiding(self) -> ModerationAction | None:
        """How the post came to be hidden, if it is: the last deed that did it and was not undone."""
        if not self.is_hidden:
            return None
        return self.moderation_log.hidings().select_related("clause").first()

    @property
    def is_withdrawn(self) -> bool:
        """Whether its author took it down, who may then put it back."""
        return self.is_taken_down and self.last_hiding is not None and self.last_hiding.deed == Deed.WITHDRAW

    @property
    def public_reason(self) -> str:
        """Why a moderator hid the post, in words for everybody; empty when none was given."""
        return self.last_hiding.reason if self.last_hiding and self.last_hiding.deed != Deed.HOLD else ""

    @property
    def hiding_sentence(self) -> Any:
        """What readers are told in place of the post."""
        if self.is_withdrawn:
            return _("Its author took this post down.")
        return _("This post waits for a moderator.") if self.is_held else _("Moderators hid this post.")

    @property
    def urgent_until(self) -> Any:
        """When it is too late to look at the post; the queue is in this order."""
        return self.created_on or timezone.now()

    @property
    def author_address(self) -> str:
        """Where a notice to the author goes; empty when there is none."""
        return ""

    def content(self) -> dict[str, str]:
        """What people wrote, as text by field."""
        return {name: self._words_of(name) for name in self.content_fields}

    def _words_of(self, name: str) -> str:
        if self._meta.get_field(name).many_to_many:
            return ", ".join(sorted(str(other) for other in getattr(self, name).all()))
        return str(getattr(self, name) or "")

    def others_to_compare(self) -> Iterable[tuple[str, models.QuerySet]]:
        """What a moderator looks at beside this post, under names that its queue template knows."""
        return ()

    def may_be_kept_by(self, user: Any) -> bool:
        """Whether `user` is its author or belongs to them, and may edit and withdraw it."""
        return False

    def may_be_restored_by(self, user: Any) -> bool:
        """Whether `user` withdrew it, or could have. What a moderator hid stays hidden."""
        return self.is_withdrawn and self.may_be_kept_by(user)

    # The deeds of moderators. Each sets one status, and returns None when the post has it already.
    # All raise PermissionDenied, and PostChanged when the post has another version than the one `seen`.

    def publish(self, **how: Any) -> ModerationAction | None:
        return self._moderate(Deed.PUBLISH, Status.PUBLISHED, **how)

    def promote(self, **how: Any) -> ModerationAction | None:
        return self._moderate(Deed.PROMOTE, Status.PROMOTED, **how)

    def feature(self, **how: Any) -> ModerationAction | None:
        return self._moderate(Deed.FEATURE, Status.FEATURED, **how)

    def hide(self, *, reason: str = "", clause: Guideline | None = None, **how: Any) -> ModerationAction | None:
        """Takes the post down. `reason` and `clause` are shown to everybody, `note` to moderators only."""
        action = self._moderate(Deed.HIDE, Status.HIDDEN, reason=reason, clause=clause, **how)
        if action and self.author_address:
            emails.tell_author_it_is_hidden(self.author_address, str(self), action)
        return action

    def withdraw(self, *, by: Any, through: Through = Through.PAGE) -> ModerationAction | None:
        """An author takes their own post down. Raises PermissionDenied."""
        if not self.may_be_kept_by(by):
            raise PermissionDenied(_("This is not your post."))
        return self._set_status(Deed.WITHDRAW, Status.HIDDEN, by=by, through=through)

    def restore(self, *, by: Any, through: Through = Through.PAGE) -> ModerationAction | None:
        """An author puts back what they withdrew, as it was. Raises PermissionDenied."""
        with transaction.atomic():
            post = self._locked()
            if not post.may_be_restored_by(by):
                raise PermissionDenied(_("You did not withdraw this post."))
            withdrawal = post.last_hiding
            assert withdrawal is not None
            held = withdrawal.before.get("is_held", False)
            action = post._change(Deed.RESTORE, Status(withdrawal.from_status), held=held, by=by, through=through)
            post._bring_back(withdrawal)
        self._reread()
        return action

    def dismiss(
        self, *, by: Any, through: Through = Through.COMMAND, note: str = "", seen: int | None = None
    ) -> ModerationAction | None:
        """Finds nothing wrong: the post keeps its status and leaves the queue, and its reports are answered.

        What is not yet reviewed, or held back, needs another deed and stays in the queue.
        """
        self._check_permission(Deed.DISMISS, by)
        with transaction.atomic():
            post = self._locked(seen)
            entry = QueueEntry.objects.of(post).first()
            if entry is None or not entry.can_be_dismissed:
                return None
            action = post._log(Deed.DISMISS, by=by, through=through, note=note)
            if not post.is_pending:
                post.reviewed_version = post.version + 1
            post.save(keep_times=True, update_fields=["reviewed_version"])
            post._settle(action)
            if post.is_pending:
                QueueEntry.objects.put(post, is_new=True)
        self._reread()
        return action

    def stick(self, **how: Any) -> ModerationAction | None:
        return self._set_stuck(True, **how)

    def unstick(self, **how: Any) -> ModerationAction | None:
        return self._set_stuck(False, **how)

    def report(self, report: Report) -> None:
        """Files a reader's report. It hides nothing; the post is in the queue until a moderator has answered.

        It counts as a change of the post, so that nobody answers what they have not seen. Beyond MAX_OPEN_REPORTS
        the text is not kept: the queue says already that there is something.
        """
        report.post = self
        with transaction.atomic():
            post = self._locked()
            post.save(keep_times=True, update_fields=["version"])
            self.version = post.version
            if Report.objects.of(post).filter(answer=None).count() < MAX_OPEN_REPORTS:
                report.save()
                emails.tell_moderators_of_report(report)
            QueueEntry.objects.put(post, is_reported=True)

    def record_deed(self, word: str, signature: str) -> list[str]:
        """Writes a deed into the post itself, where its kind has a place for it.

        Returns the names of the fields it changed.
        """
        return []

    def take_back(self, action: ModerationAction, *, by: Any, through: Through) -> ModerationAction:
        """Undoes `action`, a deed on this post; called by `ModerationAction.undo`. Raises AlreadyUndone."""
        if action.deed in (Deed.TRUST, Deed.DISTRUST):
            return super().take_back(action, by=by, through=through)  # type: ignore[misc]
        with transaction.atomic():
            post: Any = self._locked()
            action.check_is_last()
            how: dict[str, Any] = {"by": by, "through": through, "undoes": action}
            if action.deed in (Deed.STICK, Deed.UNSTICK):
                if post.stick_at_top == (action.deed == Deed.UNSTICK):
                    raise AlreadyUndone(_("This was undone already."))
                undone = post._log(Deed.UNDO, **how)
                post.stick_at_top = action.deed == Deed.UNSTICK
                post.save(update_fields=["stick_at_top"])
            elif action.sets_status:
                if post.moderation_status != action.to_status:
                    raise AlreadyUndone(_("The post has another status by now; look at it first."))
                held = action.before.get("is_held", False)
                undone = post._change(Deed.UNDO, Status(action.from_status), held=held, **how)
                post._bring_back(action)
            else:
                undone = post._log(Deed.UNDO, **how)
                post._bring_back(action)
        self._reread()
        return undone

    def log_deletion(self, *, by: Any) -> None:
        """Notes that the post is about to be deleted: that it was, and nothing of what it said."""
        self._log(Deed.DELETE, by=by, through=Through.ADMIN)

    def adopt(self, status: Status, *, note: str) -> None:
        """Takes over a status that an import brought. The admin note comes with the record, and its times stay."""
        with transaction.atomic():
            action = self._log(Deed.that_sets(status), by=None, to_status=status, note=note)
            self.moderation_status, self.is_held = status, False
            self.reviewed_version = None if status == Status.PENDING else self.version + 1
            self.save(keep_times=True, update_fields=["moderation_status", "is_held", "reviewed_version"])
            self._settle(action)
            if self.is_pending:
                QueueEntry.objects.put(self, is_new=True)

    # Edits

    def revise(self, *, by: Any, save_related: Callable[[], Any] | None = None) -> None:
        """Saves an edit, and with it the relations that `save_related` saves. What stood there before is kept for
        comparison, and the content filters look at the rest.

        Unless a moderator made it, a post that was reviewed comes back into the queue; its status stays. Only what
        people write is taken from this object: its status may have changed since it was read.
        """
        with transaction.atomic():
            stored = self._locked()
            self.take_over(stored)
            before, was_judged = stored.content(), self.content_as_reviewed() is None
            self.save()
            if save_related:
                save_related()
            if before == self.content():
                return
            Revision.objects.create(post=stored, version=stored.version, content=before)
            QueueEntry.objects.of(self).hand_over()
            if not is_moderator(by):
                self.screen()
                QueueEntry.objects.put(self, is_new=self.is_pending, is_edited=self.reviewed_version is not None)
            elif self.reviewed_version is not None and was_judged:
                # A moderator who corrects a word has not thereby judged what its author changed before.
                self.reviewed_version = self.version + 1
                self.save(keep_times=True, update_fields=["reviewed_version"])

    def take_over(self, stored: "Moderated") -> None:
        """Takes from the row as it is stored, before an edit is saved, what the edit must not overwrite."""
        for name in self.state_fields:
            setattr(self, name, getattr(stored, name))

    def screen(self, *, imported: bool = False) -> list[ModerationAction]:
        """Runs the content filters over what people wrote, in the transaction that saved it.

        A match holds the post back, or marks it in the queue; the log says which filter did it. An imported post
        keeps its times. In a flood a stranger's new post is held back, whatever it says.
        """
        is_new = self.version == 1 and not imported
        actions = []
        for content_filter in ContentFilter.objects.matching(self.content()):
            how: dict[str, Any] = {"through": Through.FILTER, "content_filter": content_filter}
            # What is hidden already stays hidden by whoever did it.
            if content_filter.holds and not self.is_hidden:
                actions.append(self._hold(is_new=is_new, keep_times=imported, **how))
            else:
                actions.append(self._log(Deed.MARK, by=None, **how))
        if actions:
            QueueEntry.objects.put(self, is_marked=True)
        if is_new and self.is_pending and self.is_public and self._comes_in_a_flood():
            actions.append(self._hold(is_new=True, through=Through.PAGE, note=str(FLOOD_NOTE)))
            QueueEntry.objects.put(self)
        return actions

    def _comes_in_a_flood(self) -> bool:
        posts = type(self).objects
        return posts.from_strangers().filter(pk=self.pk).exists() and posts.is_flooded()

    def _hold(self, *, is_new: bool, **how: Any) -> ModerationAction:
        """Hides the post until a moderator has looked. A new one nobody has seen since its first save."""
        if is_new:
            self.public_since = None
        return self._change(Deed.HOLD, Status.HIDDEN, by=None, held=True, **how)

    def content_as_reviewed(self) -> dict[str, str] | None:
        """What a moderator last judged, when people have written something else since."""
        if self.reviewed_version is None:
            return None
        return self.content_as_of(self.reviewed_version)

    def content_as_of(self, version: int) -> dict[str, str] | None:
        """What the post said in an earlier version; None when it says the same now, or that is not kept any more."""
        revisions = Revision.objects.filter(
            content_type=ContentType.objects.get_for_model(type(self)), object_id=self.pk, version__gte=version
        )
        revision = revisions.order_by("version").first()
        return revision.content if revision else None

    def siblings(self, scope: str) -> list["Moderated"]:
        """The posts that a deed on this one is meant for: this one, and with `behind` those it stands for in the queue.

        A kind that knows series knows more scopes.
        """
        return [self, *self.those_behind()] if scope == "behind" else [self]

    def those_behind(self) -> list[Any]:
        """The posts that say the same, for which this one stands in the queue."""
        entries = QueueEntry.objects.filter(behind__in=QueueEntry.objects.of(self))
        return list(type(self).objects.filter(pk__in=entries.values("object_id")).order_by("pk"))

    # How it is done. What follows works on the row as it is stored, and under its lock: SQLite's transactions
    # here take the write lock when they begin, PostgreSQL locks the row.

    def _locked(self, seen: int | None = None) -> Self:
        post: Self = type(self).objects.select_for_update().get(pk=self.pk)
        if seen is not None and post.version != seen:
            raise PostChanged(post, seen)
        return post

    def _check_permission(self, what: str, by: Any) -> None:
        if not by.has_perm(PERMISSIONS[what]):
            raise PermissionDenied(_("You may not do this."))

    def _moderate(self, deed: Deed, status: Status, *, by: Any, **how: Any) -> ModerationAction | None:
        self._check_permission(status, by)
        return self._set_status(deed, status, by=by, **how)

    def _set_status(
        self, deed: Deed, status: Status, *, seen: int | None = None, **how: Any
    ) -> ModerationAction | None:
        with transaction.atomic():
            post = self._locked(seen)
            # A moderator may hide for good what was held back, or withdrawn by its author.
            stands = not post.is_held and not (deed == Deed.HIDE and post.is_withdrawn)
            action = None
            if post.moderation_status != status or not stands:
                action = post._change(deed, status, **how)
        self._reread()
        return action

    def _reread(self) -> None:
        self.__dict__.pop("last_hiding", None)
        self.refresh_from_db()

    def _set_stuck(
        self, stuck: bool, *, by: Any, through: Through = Through.COMMAND, note: str = "", seen: int | None = None
    ) -> ModerationAction | None:
        deed = Deed.STICK if stuck else Deed.UNSTICK
        self._check_permission(deed, by)
        with transaction.atomic():
            post: Any = self._locked(seen)
            if bool(getattr(post, "stick_at_top", stuck)) == stuck:
                return None
            action: ModerationAction = post._log(deed, by=by, through=through, note=note)
            post.stick_at_top = stuck
            post.save(update_fields=["stick_at_top"])
        self._reread()
        return action

    def _change(
        self, deed: Deed, status: Status, *, by: Any, held: bool = False, keep_times: bool = False, **how: Any
    ) -> ModerationAction:
        """Sets and logs a status, and writes the deed into the post."""
        action = self._log(deed, by=by, to_status=status, **how)
        self.moderation_status, self.is_held = status, held
        self.__dict__.pop("last_hiding", None)
        changed = []
        if deed != Deed.HOLD:
            # The word of the original software is the status; an undoing says what stands now.
            own = {Deed.WITHDRAW: "withdrawn", Deed.RESTORE: "put back"}.get(deed)
            changed = self.record_deed(own or status.value, "its author" if own else by.signature)
            if not own:
                self.reviewed_version = None if status == Status.PENDING else self.version + 1
        self.save(keep_times=keep_times, update_fields=["moderation_status", "is_held", "reviewed_version", *changed])
        if deed not in (Deed.HOLD, Deed.RESTORE, Deed.UNDO):
            self._settle(action)
        return action

    def _bring_back(self, action: ModerationAction) -> None:
        """Puts the post into the queue as `action`, which no longer stands, found it, and reopens its reports."""
        reopened = Report.objects.filter(answer=action).update(answer=None)
        if "reviewed_version" in action.before:
            self.reviewed_version = action.before["reviewed_version"]
            self.save(keep_times=True, update_fields=["reviewed_version"])
        why = dict.fromkeys(action.before.get("queue", ()), True)
        why |= {"is_new": why.get("is_new", False) or self.is_pending, "is_reported": bool(reopened)}
        if any(why.values()) or self.is_held or QueueEntry.objects.of(self).exists():
            QueueEntry.objects.put(self, **why)

    def _settle(self, action: ModerationAction) -> None:
        """Nobody needs to look at the post any more."""
        self.leave_queue()
        Report.objects.of(self).filter(answer=None).update(answer=action)

    def leave_queue(self) -> None:
        """Takes the post out of the queue; the next one that stood behind it takes the lead."""
        entries = QueueEntry.objects.of(self)
        entries.hand_over()
        entries.delete()

    def _log(
        self,
        deed: Deed,
        *,
        by: Any,
        through: Through = Through.COMMAND,
        to_status: Status | None = None,
        reason: str = "",
        clause: Guideline | None = None,
        note: str = "",
        content_filter: ContentFilter | None = None,
        undoes: ModerationAction | None = None,
    ) -> ModerationAction:
        entry = QueueEntry.objects.of(self).first()
        before = {
            "is_held": self.is_held,
            "reviewed_version": self.reviewed_version,
            "queue": entry.reasons if entry else [],
        }
        return ModerationAction.objects.create(
            post=self,
            before=before,
            deed=deed,
            through=through,
            user=by if by is not None and by.is_authenticated else None,
            signature="" if by is None or deed in (Deed.WITHDRAW, Deed.RESTORE) else by.signature,
            from_status=self.moderation_status,
            to_status=to_status or self.moderation_status,
            was_public=self.public_since is not None,
            clause=clause,
            public_reason=reason,
            private_note=note,
            content_filter=content_filter,
            undoes=undoes,
        )


class Screened(Moderated):
    """A post that remembers whether the content filters have seen it."""

    auto_moderation_checked = models.BooleanField(default=False, editable=False)

    state_fields = (*Moderated.state_fields, "auto_moderation_checked")

    class Meta(Moderated.Meta):
        abstract = True

    def screen(self, *, imported: bool = False) -> list[ModerationAction]:
        actions = super().screen(imported=imported)
        if not self.auto_moderation_checked:
            self.auto_moderation_checked = True
            self.save(keep_times=True, update_fields=["auto_moderation_checked"])
        return actions
