"""What events are browsed by: topics and places."""

from collections.abc import Iterable
from typing import Any, Self
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import validate_line

SUGGESTIONS = 100
PLACE_LENGTH = 255
MAX_TERMS = 10


class TermQuerySet(models.QuerySet):
    def of_some(self, events: models.QuerySet) -> Self:
        """Those that at least one of `events` has: what only hidden posts have does not exist for readers."""
        relation = self.model._meta.get_field("events").remote_field
        # The first of a term rather than whether there is any: for that PostgreSQL would join whole tables.
        of_each = events.order_by().filter(**{relation.name: models.OuterRef("pk")}).values("pk")
        return self.alias(some=models.Subquery(of_each[:1])).filter(some__isnull=False)

    def of_these(self, events: models.QuerySet) -> Self:
        """The same, going through the events rather than the terms: for what begins within some weeks."""
        return self.filter(pk__in=self._pairs(events).values(self._of_term).distinct())

    def counted_in(self, events: models.QuerySet) -> list[Any]:
        """These terms, each with the `number` of `events` that have it."""
        counts = dict(self._pairs(events).values_list(self._of_term).annotate(models.Count("pk")))
        found = list(self)
        for each in found:
            each.number = counts.get(each.pk, 0)
        return found

    def expired(self) -> Self:
        """Those that no event has any more."""
        return self.filter(events=None)

    def _pairs(self, events: models.QuerySet) -> models.QuerySet:
        """Which of `events` has which term."""
        field: Any = self.model._meta.get_field("events").remote_field
        in_events = {f"{field.m2m_field_name()}__in": events.order_by().values("pk")}
        return field.remote_field.through.objects.filter(**in_events)

    @property
    def _of_term(self) -> str:
        field: Any = self.model._meta.get_field("events").remote_field
        return field.m2m_reverse_field_name()

    def common_in(self, events: models.QuerySet) -> list[str]:
        """The names that the latest of `events` have, those of most first."""
        latest: Any = events
        counted = self.filter(events__in=latest.lately().values("pk")).annotate(number=models.Count("events"))
        return list(counted.order_by("-number", "name").values_list("name", flat=True)[:SUGGESTIONS])

    def named(self, names: list[str]) -> list[Any]:
        """The terms of these names, made where they are new. Case and punctuation do not make another term."""
        by_slug = {slug: name for name in names if (slug := Term.slug_of(name))}
        self.bulk_create([self.model(name=name, slug=slug) for slug, name in by_slug.items()], ignore_conflicts=True)
        return list(self.filter(slug__in=by_slug))


class Term(models.Model):
    name = models.CharField(_("name"), max_length=60, validators=[validate_line])
    slug = models.SlugField(_("address"), max_length=80, unique=True, allow_unicode=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["name"]
        indexes = [models.Index(fields=["name"], name="%(class)s_by_name")]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def slug_of(name: str) -> str:
        return slugify(name, allow_unicode=True)

    @staticmethod
    def slugs_in(typed: str) -> list[str]:
        """The addresses of what was typed with commas between several; of too many, the first."""
        return [slug for name in typed.split(",")[:MAX_TERMS] if (slug := Term.slug_of(name[:80]))]


class Tag(Term):
    """A topic."""

    class Meta(Term.Meta):
        verbose_name = _("tag")
        verbose_name_plural = _("tags")

    def get_absolute_url(self) -> str:
        return reverse("events:tag", args=[self.slug])


class Area(Term):
    """A place tag: a town or district."""

    class Meta(Term.Meta):
        verbose_name = _("area")
        verbose_name_plural = _("areas")

    def get_absolute_url(self) -> str:
        return reverse("events:area", args=[self.slug])


class EventTermQuerySet(models.QuerySet):
    def bulk_create(self, rows: Iterable[Any], *args: Any, **options: Any) -> list[Any]:  # type: ignore[override]
        """Gives each row the date of its event. Everything that gives events terms comes through here, Django's
        `set()` and `add()` too.
        """
        rows = list(rows)
        events = self.model._meta.get_field("event").related_model._default_manager.using(self.db)
        dates = dict(events.filter(pk__in={row.event_id for row in rows}).values_list("pk", "date"))
        for row in rows:
            row.date = dates.get(row.event_id)
        return super().bulk_create(rows, *args, **options)


class EventTerm(models.Model):
    """That an event has a term. The date is the event's: with it a list of what has a term begins anywhere in time."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE)
    date = models.DateTimeField(null=True, editable=False)

    objects = EventTermQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} of event {self.event_id}"


class EventTag(EventTerm):
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, db_index=False)

    class Meta:
        db_table = "events_event_tags"
        unique_together = [("event", "tag")]
        indexes = [models.Index(fields=["tag", "date", "event"], name="event_by_tag")]


class EventArea(EventTerm):
    area = models.ForeignKey(Area, on_delete=models.CASCADE, db_index=False)

    class Meta:
        db_table = "events_event_areas"
        unique_together = [("event", "area")]
        indexes = [models.Index(fields=["area", "date", "event"], name="event_by_area")]


class VenueQuerySet(TermQuerySet):
    def as_typed_in(self, events: models.QuerySet) -> Self:
        """Each called as the first of `events` there has it, unless moderators named it."""
        there = events.filter(venue=models.OuterRef("pk")).order_by("date", "pk")
        return self.annotate(typed=models.Subquery(there.values("place")[:1]))

    def of_some(self, events: models.QuerySet) -> Self:
        return self.as_typed_in(events).filter(typed__isnull=False)

    def of(self, place: str) -> "Venue | None":
        """The venue that is meant by a place as it was typed, made when it is new. None when nothing names it."""
        return self.by_place([place]).get(place)

    def by_place(self, places: Iterable[str]) -> dict[str, "Venue"]:
        """The venues of many places at once, by the place as it was typed."""
        slugs = {place: slug for place in places if (slug := Venue.slug_of(place))}
        known = {venue.slug: venue for venue in self.filter(slug__in=set(slugs.values()))}
        new = {slug: Venue(slug=slug) for slug in slugs.values() if slug not in known}
        if new:
            self.bulk_create(new.values(), ignore_conflicts=True)
            known |= {venue.slug: venue for venue in self.filter(slug__in=new)}
        return {place: known[slug] for place, slug in slugs.items()}

    def expired(self) -> Self:
        """Those that no event names any more, and of which nothing else is known."""
        return super().expired().filter(latitude=None, name="")


class Venue(models.Model):
    """Where events take place: what people typed as `place`, known again whatever its case and punctuation.

    How they typed it is not kept here but taken from events that may be seen (`VenueQuerySet.as_typed_in`).
    """

    name = models.CharField(
        _("name and address"),
        max_length=PLACE_LENGTH,
        default="",
        blank=True,
        validators=[validate_line],
        help_text=_("As it should be written, if not as it is in events. Other words would be another venue."),
    )
    slug = models.SlugField(_("address"), max_length=PLACE_LENGTH, unique=True, allow_unicode=True)
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )

    typed: str | None = None

    objects = VenueQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                # Of one alone nothing is known by SQL, and a check lets pass what is not known to be false.
                | models.Q(latitude__isnull=False, longitude__isnull=False)
                & models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="venue_is_on_earth",
                violation_error_message=_("Give both: the latitude from -90 to 90, the longitude from -180 to 180."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.typed or self.slug

    def get_absolute_url(self) -> str:
        return reverse("events:venue", args=[self.slug])

    def clean(self) -> None:
        if self.name and self.slug_of(self.name) != self.slug:
            raise ValidationError(
                {"name": _("Only case and punctuation may change: these words are the venue “%s”.") % self.slug}
            )

    @staticmethod
    def slug_of(place: str) -> str:
        return slugify(place, allow_unicode=True)[:PLACE_LENGTH]

    @property
    def coordinates(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees (WGS 84), if they are known."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    @property
    def geo_uri(self) -> str:
        """What opens the map program of a device (RFC 5870); empty when nobody said where it is."""
        return "geo:{},{}".format(*self.coordinates) if self.coordinates else ""

    @property
    def map_url(self) -> str:
        return self.map_of(str(self))

    def map_of(self, words: str) -> str:
        """A page of OpenStreetMap, for people to open: at the place itself, or a search for `words`."""
        if self.coordinates is None:
            return f"https://www.openstreetmap.org/search?{urlencode({'query': words})}"
        latitude, longitude = self.coordinates
        return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"
