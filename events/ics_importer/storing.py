"""Calendars on their way into a group: which post an entry is, and what becomes of it."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from collectives.models import Collective, User
from events.ics_importer.records import CalendarRecord, digest_of
from events.ics_importer.report import Outcome, Result, shown
from events.models import Event, EventGroup, Tag
from events.serializers import pk_of_uid
from moderation.models import QueueEntry


class CalendarImport:
    """A calendar on its way into a group. `user` signs the posts; without one they are under no account."""

    def __init__(
        self, found: Sequence[CalendarRecord | Result], collective: Collective, user: User | None = None
    ) -> None:
        self.found, self.collective, self.user = found, collective, user
        self.claimed: dict[str, set[datetime | None]] = {}
        for each in found:
            if isinstance(each, CalendarRecord):
                self.claimed.setdefault(each.uid, set()).add(each.recurrence_id)
        # The first date of each UID in this import, for which one judgement is enough.
        self.leaders: dict[str, tuple[CalendarRecord, Event]] = {}

    def preview(self) -> list[Result]:
        """What `carry_out` would do, in a few queries however much there is. Nothing is written."""
        here = self._here(self.claimed)
        return [each if isinstance(each, Result) else self._judged(each, here[each.uid]) for each in self.found]

    def carry_out(self) -> list[Result]:
        """Stores each date whole or not at all. The same calendar a second time changes nothing."""
        return [each if isinstance(each, Result) else self._stored(each) for each in self.found]

    def _stored(self, record: CalendarRecord) -> Result:
        try:
            return self._store(record)
        except IntegrityError:
            pass  # Somebody has imported the same just now: it is there.
        try:
            return self._store(record)
        except (IntegrityError, DataError) as error:
            reason = _("The database refused it: %(why)s") % {"why": shown(str(error))}
            return _result(record, Outcome.REFUSED, reason)

    def _store(self, record: CalendarRecord) -> Result:
        with transaction.atomic():
            here = self._here([record.uid], lock=True)[record.uid]
            result = self._judged(record, here)
            if result.outcome == Outcome.CREATED:
                return _result(record, Outcome.CREATED, record.note, self._create(record, here))
            if result.outcome == Outcome.UPDATED:
                assert result.event is not None
                self._update(result.event, record)
            return result

    def _here(self, uids: Any, *, lock: bool = False) -> dict[str, list[Event]]:
        """The posts of the group by the UID they were imported under, and those that this site wrote itself."""
        found: dict[str, list[Event]] = {uid: [] for uid in uids}
        own = {uid: pk for uid in found if (pk := pk_of_uid(uid)) is not None}
        posts = Event.objects.filter(collective=self.collective).prefetch_related("tags").order_by("pk")
        if lock:
            posts = posts.select_for_update(of=("self",))
        for event in posts.filter(import_uid__in=list(found)):
            found[event.import_uid].append(event)
        if own:
            by_pk = {event.pk: event for event in posts.filter(pk__in=own.values())}
            for uid, pk in own.items():
                found[uid] += [by_pk[pk]] if pk in by_pk else []
        return found

    def _match(self, record: CalendarRecord, here: list[Event]) -> Event | None:
        """The post of this very date; otherwise one of the same day that no other date of the file is: its hour, or
        whether it repeats, was changed.
        """
        for event in here:
            if event.recurrence_id == record.recurrence_id:
                return event
        day = timezone.localdate(record.recurrence_id or record.starts)
        for event in here:
            moment = event.recurrence_id or event.date
            free = event.recurrence_id not in self.claimed[record.uid]
            if free and moment and timezone.localdate(moment) == day:
                return event
        return None

    def _judged(self, record: CalendarRecord, here: list[Event]) -> Result:
        if pk_of_uid(record.uid) is not None:
            return _judged_own(record, here)
        event = self._match(record, here)
        if event is None:
            if record.is_over:
                return _result(record, Outcome.LEFT, _("It is over."))
            # As a series of the site is not continued then either.
            moments = [(moment, each.pk, each) for each in here if (moment := each.recurrence_id or each.date)]
            latest = max(moments, default=None)
            if latest and _was_ended(latest[-1]):
                return _result(record, Outcome.LEFT, _("The series was ended here."))
            return _result(record, Outcome.CREATED, record.note)
        if event.import_digest == record.digest:
            return _result(record, Outcome.UNCHANGED, "", event)
        if event.is_withdrawn:
            return _result(record, Outcome.LEFT, _("It was withdrawn here."), event)
        if event.is_taken_down:
            return _result(record, Outcome.LEFT, _("Moderators hid it here."), event)
        if record.is_over:
            return _result(record, Outcome.LEFT, _("It is over."), event)
        if digest_of(event) != event.import_digest:
            return _result(record, Outcome.LEFT, _("It was edited here since."), event)
        if _is_older(record, event):
            return _result(record, Outcome.UNCHANGED, _("What is here is newer."), event)
        return _result(record, Outcome.UPDATED, record.note, event)

    def _create(self, record: CalendarRecord, here: list[Event]) -> Event:
        event = Event(user=self.user, collective=self.collective, allows_comments=settings.COMMENTS_DEFAULT)
        if self.user:
            # As for a form: what strangers send counts for the flood brake.
            event.submission_key = uuid.uuid4()
        self._fill(event, record)
        if record.recurrence_id:
            known = (each.event_group for each in here if each.event_group)
            event.event_group = next(known, None) or EventGroup.objects.create()
        event.record_creation()
        self._stand_behind(event, record)
        event.save()
        event.tags.set(Tag.objects.named(list(record.tags)))
        event.screen()
        self.leaders.setdefault(record.uid, (record, event))
        return event

    def _update(self, event: Event, record: CalendarRecord) -> None:
        self._fill(event, record)
        self._stand_behind(event, record)
        event.revise(
            by=self.user or AnonymousUser(),
            save_related=lambda: event.tags.set(Tag.objects.named(list(record.tags))),
        )
        self.leaders.setdefault(record.uid, (record, event))

    def _fill(self, event: Event, record: CalendarRecord) -> None:
        names = ["title", "summary", "summary_source", "body", "body_source", "place", "source", "event_status"]
        for name in (*names, "recurrence_id"):
            setattr(event, name, getattr(record, name))
        event.date, event.end_date = record.starts, record.ends
        event.import_uid, event.import_digest = record.uid, record.digest
        event.import_sequence, event.import_modified = record.sequence, record.modified

    def _stand_behind(self, event: Event, record: CalendarRecord) -> None:
        """Lets the first date of a series stand in the queue for those that say the same."""
        first, leader = self.leaders.get(record.uid, (None, None))
        if leader and first and record.says_what(first) and (entry := QueueEntry.objects.of(leader).first()):
            event.stands_behind = entry.behind or entry


def _result(
    record: CalendarRecord, outcome: Outcome, reason: str, event: Event | None = None, field: str = ""
) -> Result:
    return Result(outcome, reason, record.number, record.uid, field, record.title, record.starts, record.place, event)


def _judged_own(record: CalendarRecord, here: list[Event]) -> Result:
    """Of a post that was written here: it is changed here. Whether there is one that others wrote is not said."""
    if not here:
        return _result(
            record,
            Outcome.REFUSED,
            _("Its UID is that of a post of this site, but of none of this group."),
            field="UID",
        )
    event = here[0]
    same = (event.title, event.date, event.end_date or event.date, event.is_cancelled) == (
        record.title,
        record.starts,
        record.ends or record.starts,
        record.event_status == Event.EventStatus.CANCELLED,
    )
    if same:
        return _result(record, Outcome.UNCHANGED, "", event)
    return _result(record, Outcome.LEFT, _("It was written on this site: change it here."), event)


def _is_older(record: CalendarRecord, event: Event) -> bool:
    """By SEQUENCE, and where that says nothing by LAST-MODIFIED, as they were imported (RFC 5546 section 2.1.5)."""
    versions: list[tuple[Any, Any]] = [
        (record.sequence, event.import_sequence),
        (record.modified, event.import_modified),
    ]
    for theirs, ours in versions:
        if theirs is not None and ours is not None and theirs != ours:
            return bool(theirs < ours)
    return False


def _was_ended(latest: Event) -> bool:
    """Whether the latest date of a series is no longer there, or somebody called it off here."""
    return latest.is_taken_down or (latest.is_off and digest_of(latest) != latest.import_digest)
