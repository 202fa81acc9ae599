"""What events are browsed by: topics and places."""

from typing import Any

from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from events_site.sanitizing import validate_line

SUGGESTIONS = 100
MAX_TERMS = 10


class TermQuerySet(models.QuerySet):
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


class Area(Term):
    """A place tag: a town or district."""

    class Meta(Term.Meta):
        verbose_name = _("area")
        verbose_name_plural = _("areas")
