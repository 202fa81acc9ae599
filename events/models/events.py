"""Events. Field names are those of the event format (events/rails_xml.py), with underscores."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models.functions import Coalesce, ExtractMonth, Least, RowNumber, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collectives.models import Collective
from events import search
from events.calendar import YEARS, end_of_whole_days, local
from events.likeness import are_alike
from events.models.dates import SeriesDate
from events.models.links import EditLink, Holder
from events.models.terms import PLACE_LENGTH, SUGGESTIONS, Area, EventArea, EventTag, Tag, Venue
from events_site.sanitizing import validate_line, validate_text
from moderation.models import Moderated, ScreenedQuerySet, Status, by_strangers, is_moderator

# The last instant of an event: its end, or its start when it has none.
UNTIL = Coalesce("end_date", "date")
TITLE_MAX_LENGTH = 50
FEW = 3
COMPARED = 300
SUGGESTED_FROM = 1000
# An event that ends the next morning is still that night's when it is shorter than this.
NIGHT = timedelta(hours=18)
# What takes so long or longer is ongoing: it is not news of a day.
LONG = timedelta(days=7)
# What the formats for other programs tell of other tables: joined, and read once for all events.
EXPORT_JOINS = ("collective", "venue", "event_group")
EXPORT_RELATIONS = ("tags", "areas", "attachments")
_LENGTH = models.ExpressionWrapper(models.F("end_date") - models.F("date"), output_field=models.DurationField())


def start_of(day: date) -> datetime:
    """The first instant of `day` by the site's wall clock."""
    return timezone.make_aware(datetime.combine(day, time.min))


def kept_by(user: Any) -> models.Q | None:
    """What `user` may keep: their own posts and their collectives', or those of the edit link they hold."""
    if isinstance(user, Holder):
        return models.Q(edit_link=user.link)
    if user.is_authenticated:
        return models.Q(user=user) | models.Q(collective__in=user.collectives.all())
    return None


class EventQuerySet(ScreenedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """What `user` may see: authors and members also see what waits for review."""
        own = kept_by(user)
        if is_moderator(user) or own is None:
            return super().visible_to(user)
        waiting = models.Q(moderation_status=Status.PENDING) | models.Q(is_held=True)
        return self.filter(models.Q(moderation_status__in=Status.public()) | waiting & own)

    def editable_by(self, user: Any) -> Self:
        """What `user` may edit: moderators everything, others what they or their collective posted, unless hidden."""
        if is_moderator(user):
            return self.all()
        if (own := kept_by(user)) is None:
            return self.none()
        return self.filter(own).exclude(moderation_status=Status.HIDDEN, is_held=False)

    def from_strangers(self) -> Self:
        return self.filter(by_strangers(), submission_key__isnull=False)

    def upcoming(self, now: datetime | None = None) -> Self:
        """Not over yet, soonest first; what runs now counts. An imported event may lack its start: it has no day."""
        now = now or timezone.now()
        # Where in the order of dates to begin: without this the database would read through all that is over.
        # (The sum keeps it from looking for the minimum along the same index.)
        lasting = Event.objects.ongoing(now).order_by().annotate(all=models.Value(1)).values("all")
        begun = models.ExpressionWrapper(models.F("date") + timedelta(0), output_field=models.DateTimeField())
        first = models.Subquery(lasting.annotate(first=models.Min(begun)).values("first"))
        week_ago = models.Value(now - LONG, models.DateTimeField())
        begin = Least(Coalesce(first, week_ago), week_ago)
        return self.alias(until=UNTIL).filter(date__gte=begin, until__gte=now).order_by("date", "id")

    def ongoing(self, now: datetime | None = None) -> Self:
        """What has been on, and goes on for long: what ends first comes first."""
        now = now or timezone.now()
        lasting = self.alias(length=_LENGTH).filter(length__gte=LONG)
        return lasting.filter(date__lt=now, end_date__gte=now).order_by("end_date", "id")

    def coming_up(self, now: datetime | None = None) -> Self:
        """What is upcoming and not ongoing, soonest first."""
        now = now or timezone.now()
        # PostgreSQL takes an OR for much rarer than it is, and then collects all that has a tag instead of stopping
        # when the page is full.
        fresh = models.Case(
            models.When(date__gte=now, then=True),
            models.When(end_date__gte=now, length__lt=LONG, then=True),
            default=False,
            output_field=models.BooleanField(),
        )
        return self.alias(length=_LENGTH).filter(fresh, date__gte=now - LONG).order_by("date", "id")

    def soon(self) -> Self:
        """What begins within four weeks."""
        now = timezone.now()
        return self.filter(date__gte=now, date__lt=now + timedelta(weeks=4)).order_by("date", "id")

    def still_on(self, moment: datetime) -> Self:
        """What began before `moment` and is not over then, unless it takes long."""
        begun = self.alias(length=_LENGTH).filter(date__lt=moment, date__gt=moment - LONG, end_date__gt=moment)
        return begun.filter(length__lt=LONG).order_by("date", "id")

    def lead(self) -> Any:
        """What opens the home page: what moderators stuck at the top, otherwise the first that they featured."""
        return self.filter(stick_at_top=True).first() or self.featured().first()

    def past(self, now: datetime | None = None) -> Self:
        """Over, newest first."""
        now = now or timezone.now()
        return self.alias(until=UNTIL).filter(date__lt=now, until__lt=now).order_by("-date", "-id")

    def between(self, first: date, last: date) -> Self:
        """Starting on one of the days `first` to `last` by the site's wall clock, in order."""
        return self.filter(date__gte=start_of(first), date__lt=start_of(last + timedelta(days=1))).order_by(
            "date", "id"
        )

    def upcoming_first(self) -> Self:
        """What is not over, soonest first, then what is."""
        over = models.Case(models.When(until__lt=timezone.now(), then=True), default=False)
        return self.alias(until=UNTIL).alias(is_past=over).order_by("is_past", "date", "id")

    def newest_posts(self) -> Self:
        """Posted last first."""
        return self.order_by("-created_on", "-id")

    def similar_to(self, event: "Event") -> list["Event"]:
        """What may be the same event on its day, of the first of that day."""
        assert event.date is not None
        day = timezone.localdate(event.date)
        others = (
            self.between(day, day).exclude(pk=event.pk).only("title", "date", "end_date", "place", "moderation_status")
        )
        return [other for other in others[:COMPARED] if are_alike(event, other)][:FEW]

    def matching(self, text: str, since: datetime | None = None) -> Self:
        """What holds all words of `text`, of which the last may be the beginning of one. No order of its own.

        What begins before `since` is not sought: give the instant from which on the list is.
        """
        found = search.found(text, self.db, since)
        return self.none() if found is None else self.filter(pk__in=found)

    def best_matches(self, text: str, limit: int) -> list["Event"]:
        """At most `limit` events that match `text`, the best first; of many, the best of the first in their order."""
        matching = self.matching(text)
        pks = search.ranked(matching, text, limit)
        found = self.in_bulk(pks)
        return [found[pk] for pk in pks if pk in found]

    def lately(self) -> Self:
        """The posts that suggestions are made of: so many that were posted last."""
        return self.newest_posts()[:SUGGESTED_FROM]

    def known_places(self) -> list[str]:
        """The venues of the latest posts, those of most first."""
        places = Counter(self.exclude(place="").lately().values_list("place", flat=True))
        return [place for place, _number in places.most_common(SUGGESTIONS)]

    def for_queue(self) -> Self:
        return self.select_related("collective", "user").prefetch_related("tags", "areas", "attachments")

    def in_brief(self) -> Self:
        """With all that a short row shows, and without the long texts."""
        return self.select_related("collective").defer("body", "body_source", "summary_source", "admin_note")

    def for_export(self) -> Self:
        """With all that the formats for other programs print (events/serializers)."""
        return self.select_related(*EXPORT_JOINS).prefetch_related(*EXPORT_RELATIONS)

    def for_sheet(self) -> Self:
        """With all that a printed sheet shows, and nothing else."""
        shown = ("title", "date", "end_date", "place", "moderation_status", "event_status", "status_note")
        return self.only(*shown).prefetch_related("areas")

    def first_of_each_day(self, number: int, *, featured_first: bool = False) -> Self:
        """At most `number` events of each day, in order; with `featured_first` the later ones make room for these."""
        order: list[Any] = [models.F("date").asc(), models.F("id").asc()]
        if featured_first:
            order.insert(0, models.Case(models.When(moderation_status=Status.FEATURED, then=0), default=1))
        place = models.Window(RowNumber(), partition_by=TruncDate("date"), order_by=order)
        return self.annotate(place_in_day=place).filter(place_in_day__lte=number).order_by("date", "id")

    def count_by_month(self, year: int) -> dict[int, int]:
        """How many begin in each month of a year that has some, by the site's wall clock."""
        events = self.between(date(year, 1, 1), date(year, 12, 31)).order_by()
        months = events.annotate(month=ExtractMonth("date")).values("month")
        return {row["month"]: row["number"] for row in months.annotate(number=models.Count("id"))}

    def years(self) -> range:
        """The years from the first event on to the last, of those that the site knows."""
        dates = self.filter(date__isnull=False).values_list("date", flat=True)
        first, last = dates.order_by("date").first(), dates.order_by("-date").first()
        if first is None or last is None:
            return range(0)
        first_year, last_year = timezone.localdate(first).year, timezone.localdate(last).year
        return range(max(first_year, YEARS.start), min(last_year + 1, YEARS.stop))

    def count_by_day(self, first: date, last: date) -> dict[date, int]:
        days = self.between(first, last).order_by().annotate(day=TruncDate("date")).values("day")
        return {row["day"]: row["number"] for row in days.annotate(number=models.Count("id"))}


class Event(SeriesDate):
    """Something that happens at a time, with every field of the event format."""

    class EventStatus(models.TextChoices):
        """Whether it takes place (schema.org `eventStatus`). Has nothing to do with moderation."""

        SCHEDULED = "scheduled", _("Takes place")
        CANCELLED = "cancelled", _("Cancelled")
        POSTPONED = "postponed", _("Postponed")

    title = models.CharField(_("title"), max_length=255, validators=[validate_line])
    summary = models.TextField(_("summary"), default="")
    body = models.TextField(_("text"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=PLACE_LENGTH, default="", blank=True, validators=[validate_line])
    published_by = models.CharField(_("posted by"), max_length=255, default="", blank=True, validators=[validate_line])
    contact_email = models.CharField(_("e-mail"), max_length=255, null=True, blank=True, validators=[validate_line])
    contact_phone = models.CharField(_("telephone"), max_length=255, null=True, blank=True, validators=[validate_line])
    source = models.CharField(_("web address"), max_length=255, null=True, blank=True, validators=[validate_line])
    allows_comments = models.BooleanField(_("additions by readers"), null=True, default=True)
    stick_at_top = models.BooleanField(_("stick at top"), null=True)
    # The format may say nothing of it.
    auto_moderation_checked = models.BooleanField(null=True, default=False, editable=False)  # type: ignore[assignment]
    admin_note = models.TextField(_("moderation history"), default="", blank=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="events",
    )
    collective = models.ForeignKey(
        Collective,
        verbose_name=_("collective"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="events",
    )
    # Of a post without an account: what its author keeps it by.
    edit_link = models.ForeignKey(EditLink, null=True, editable=False, on_delete=models.SET_NULL, related_name="events")
    # Columns that only other kinds of record in Hyperactive's table used. They are carried for the format.
    content_id = models.BigIntegerField(null=True, editable=False)
    file = models.CharField(max_length=255, null=True, editable=False)
    file_content_type = models.CharField(max_length=255, null=True, editable=False)
    media_size = models.BigIntegerField(null=True, editable=False)
    processing_status = models.BigIntegerField(null=True, editable=False)

    # Not in the format.
    event_status = models.CharField(
        _("whether it takes place"), max_length=10, choices=EventStatus, default=EventStatus.SCHEDULED, editable=False
    )
    status_note = models.CharField(
        _("why, or what now"), max_length=255, default="", blank=True, editable=False, validators=[validate_line]
    )
    # Raised when what a calendar needs to know has changed (RFC 5545 section 3.8.7.4).
    sequence = models.PositiveIntegerField(default=0, editable=False)
    tags = models.ManyToManyField(Tag, through=EventTag, blank=True, related_name="events", verbose_name=_("tags"))
    # What `place` names. Set whenever the event is saved.
    venue = models.ForeignKey(Venue, null=True, editable=False, on_delete=models.SET_NULL, related_name="events")
    areas = models.ManyToManyField(Area, through=EventArea, blank=True, related_name="events", verbose_name=_("areas"))
    # What the author typed; null when the text did not come from a form.
    summary_source = models.TextField(null=True, editable=False, validators=[validate_text])
    body_source = models.TextField(null=True, editable=False, validators=[validate_text])
    # Derived from what is random in the form: the same form sent twice is one post.
    submission_key = models.UUIDField(null=True, unique=True, editable=False)
    # Of what came from a calendar: the UID it has there, what the last import wrote, and which version that was.
    import_uid = models.CharField(max_length=255, null=True, editable=False)
    import_digest = models.CharField(max_length=64, default="", db_default="", editable=False)
    import_sequence = models.PositiveIntegerField(null=True, editable=False)
    import_modified = models.DateTimeField(null=True, editable=False)

    queue_template = "events/_queue_post.html"
    # Where and when: what people have to be told again.
    scheduling_fields = ("date", "end_date", "place", "event_status")
    content_fields = (
        "title",
        "event_status",
        "status_note",
        "date",
        "end_date",
        "place",
        "areas",
        "tags",
        "summary",
        "body",
        "published_by",
        "contact_email",
        "contact_phone",
        "source",
    )

    # What another date of the same event takes over, beside its relations.
    carried_fields = (
        "title",
        "summary",
        "summary_source",
        "body",
        "body_source",
        "place",
        "venue",
        "published_by",
        "collective",
        "contact_email",
        "contact_phone",
        "source",
        "allows_comments",
    )
    carried_relations = ("tags", "areas")

    state_fields = (*SeriesDate.state_fields, "admin_note", "stick_at_top", "sequence")
    compared_fields = ("title", "date", "moderation_status")

    objects = EventQuerySet.as_manager()  # type: ignore[misc]

    class Meta(SeriesDate.Meta):
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            *SeriesDate.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(event_status__in=["scheduled", "cancelled", "postponed"]),
                name="event_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(end_date__isnull=True) | models.Q(end_date__gte=models.F("date")),
                name="event_ends_after_it_starts",
                violation_error_message=_("It ends before it starts: check the end."),
            ),
            models.UniqueConstraint(fields=["event_group", "recurrence_id"], name="date_of_series_once"),
            models.UniqueConstraint(
                fields=["collective", "import_uid", "recurrence_id"],
                condition=models.Q(import_uid__isnull=False, recurrence_id__isnull=False),
                name="imported_date_once",
            ),
            models.UniqueConstraint(
                fields=["collective", "import_uid"],
                condition=models.Q(import_uid__isnull=False, recurrence_id__isnull=True),
                name="imported_event_once",
            ),
        ]
        indexes = [
            models.Index(fields=["date", "id"], name="event_by_date"),
            models.Index(fields=["moderation_status", "date", "id"], name="event_by_status"),
            models.Index(fields=["created_on", "id"], name="event_by_posting"),
            models.Index(fields=["collective", "date", "id"], name="event_by_collective"),
            models.Index(fields=["end_date", "date"], name="event_by_end"),
            models.Index(fields=["date", "id"], condition=models.Q(stick_at_top=True), name="event_at_top"),
            models.Index(fields=["place", "-id"], name="event_by_place"),
            models.Index(fields=["venue", "date", "id"], name="event_by_venue"),
            models.Index(fields=["published_by", "-id"], name="event_by_author"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or "place" in fields:
            self.venue = Venue.objects.of(self.place)
        if fields is not None and "place" in fields:
            kwargs["update_fields"] = {*fields, "venue"}
        moves = not self._state.adding and (fields is None or "date" in fields)
        with transaction.atomic():
            super().save(*args, **kwargs)
            if moves:
                for terms in (EventTag.objects, EventArea.objects):
                    terms.filter(event=self).exclude(date=self.date).update(date=self.date)

    def get_absolute_url(self) -> str:
        return reverse("events:detail", args=[self.pk])

    def clean(self) -> None:
        if self.date and self.end_date and self.end_date < self.date:
            raise ValidationError({"end_date": _("It ends before it starts: check the end.")})

    @property
    def is_cancelled(self) -> bool:
        return self.event_status == self.EventStatus.CANCELLED

    @property
    def is_postponed(self) -> bool:
        return self.event_status == self.EventStatus.POSTPONED

    @property
    def is_off(self) -> bool:
        """Whether people would come in vain."""
        return self.is_cancelled or self.is_postponed

    @property
    def is_running(self) -> bool:
        if self.is_off or self.date is None or self.end_date is None:
            return False
        return self.date <= timezone.now() <= self.end_date

    @property
    def takes_comments(self) -> bool:
        """Whether readers may add to it now."""
        return bool(settings.COMMENTS and self.allows_comments and self.is_public)

    @property
    def is_all_day(self) -> bool:
        """Whether it takes whole days, and has no hours to be shown."""
        return end_of_whole_days(self.date, self.end_date) is not None

    @property
    def ends_on(self) -> date | None:
        """The day on which it ends; None when that is the day, or the night, on which it begins."""
        if self.date is None or self.end_date is None:
            return None
        if end := end_of_whole_days(self.date, self.end_date):
            last = end.date() - timedelta(days=1)
            return last if last > local(self.date).date() else None
        return None if self.ends_same_night else timezone.localdate(self.end_date)

    @property
    def ends_same_night(self) -> bool:
        """Whether the end needs no date beside it: the same day, or before six the next morning."""
        if self.date is None or self.end_date is None:
            return False
        starts, ends = timezone.localtime(self.date), timezone.localtime(self.end_date)
        return starts.date() == ends.date() or (ends - starts < NIGHT and ends.hour < 6)

    @property
    def ends_next_morning(self) -> bool:
        """Whether it goes on over midnight, and not much longer."""
        if self.date is None or self.end_date is None:
            return False
        starts, ends = timezone.localtime(self.date), timezone.localtime(self.end_date)
        is_next_day = ends.date() - starts.date() == timedelta(days=1)
        return is_next_day and ends.hour < 12 and self.end_date - self.date < NIGHT

    @property
    def map_url(self) -> str:
        """Where it takes place, on a map for people to open; empty when nobody said."""
        return self.venue.map_of(self.place) if self.venue else ""

    @property
    def has_web_address(self) -> bool:
        """Whether `source` may be printed as a link."""
        return bool(re.match(r"https?://\S+$", self.source or "", re.IGNORECASE))

    @property
    def has_mail_address(self) -> bool:
        """Whether `contact_email` may be printed as a link."""
        return bool(re.fullmatch(r"[^\s@?&:/]+@[^\s@?&:/]+", self.contact_email or ""))

    @property
    def shown_collective(self) -> Collective | None:
        """The collective to name beside the event: none when it may not be seen itself."""
        return self.collective if self.collective and self.collective.is_public else None

    @property
    def urgent_until(self) -> datetime:
        return self.date or super().urgent_until

    @property
    def author_address(self) -> str:
        return self.user.email if self.user and self.user.is_active else ""

    def others_to_compare(self) -> Iterator[tuple[str, EventQuerySet]]:
        """What a moderator looks at beside this event: the same title or venue on that day, earlier posts."""
        others: EventQuerySet = Event.objects.exclude(pk=self.pk)
        earlier = others.filter(pk__lt=self.pk).order_by("-pk")
        if self.date:
            day = timezone.localdate(self.date)
            alike = models.Q(title__iexact=self.title)
            if self.place:
                alike |= models.Q(place=self.place)
            yield "similar", others.between(day, day).filter(alike)
        if self.user_id:
            yield "by_author", earlier.filter(user=self.user_id)
        elif self.published_by:
            yield "by_author", earlier.filter(published_by=self.published_by)
        if self.place:
            yield "at_venue", earlier.filter(place=self.place)

    def content(self) -> dict[str, str]:
        return {**super().content(), "attachments": "; ".join(map(str, self.attachments.all()))}

    @property
    def flyer(self) -> Any:
        """Its first picture, if there is one."""
        return next((attachment for attachment in self.attachments.all() if attachment.is_picture), None)

    def may_be_kept_by(self, user: Any) -> bool:
        if isinstance(user, Holder):
            return self.edit_link_id == user.link.pk
        return user.is_authenticated and (self.user_id == user.pk or user.is_member_of(self.collective))

    def can_be_edited_by(self, user: Any) -> bool:
        return Event.objects.editable_by(user).filter(pk=self.pk).exists()

    # Whether it takes place. Each is an edit, by whoever may edit the event; all raise PermissionDenied.

    def cancel(self, *, by: Any, note: str = "") -> None:
        self._announce(self.EventStatus.CANCELLED, note, by)

    def postpone(self, *, by: Any, note: str = "") -> None:
        """It will take place on another day, which may not be known yet. A new date ends the postponement."""
        self._announce(self.EventStatus.POSTPONED, note, by)

    def reinstate(self, *, by: Any, note: str = "") -> None:
        """It takes place after all."""
        self._announce(self.EventStatus.SCHEDULED, note, by)

    def _announce(self, event_status: EventStatus, note: str, by: Any) -> None:
        if not self.can_be_edited_by(by):
            raise PermissionDenied(_("This is not your post."))
        self.event_status, self.status_note = event_status, note
        self.revise(by=by)

    def take_over(self, stored: Moderated) -> None:
        super().take_over(stored)
        assert isinstance(stored, Event)
        if self.collective_id != stored.collective_id:
            # The calendar of the group that it leaves says no more of it; the other group may have the same one.
            self.import_uid = None
        if self.is_postponed and self.date != stored.date:
            self.event_status, self.status_note = self.EventStatus.SCHEDULED, ""
        if any(getattr(self, name) != getattr(stored, name) for name in self.scheduling_fields):
            self.sequence += 1

    def _words_of(self, name: str) -> str:
        if name == "event_status":
            return str(self.get_event_status_display()) if self.is_off else ""
        return super()._words_of(name)

    def record_creation(self) -> None:
        """Starts the moderation history and chooses the first status. Call it once, before the first save."""
        login = self.user.get_username() if self.user else "AnonymousUser"
        self.admin_note = f"<p>Created by: {html.escape(login)}.</p>"
        trusted = self.user and self.user.posts_without_review(self.collective)
        self.moderation_status = Status.PUBLISHED if trusted else Status.PENDING

    def record_deed(self, word: str, signature: str) -> list[str]:
        self.admin_note += f"\n<p>{word} by {html.escape(signature)}.</p>"
        return ["admin_note"]
