"""What a reader asks a list for, in the query of its address."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from collectives.models import Collective
from events.calendar import FIRST_YEAR, LAST_YEAR
from events.listing import Filters, Listing
from events.models import MAX_TERMS, Area, Event, Tag, Term, Venue
from events.paging import BadCursor, Cursor
from events_site.sanitizing import validate_line

QUERY_MAX_LENGTH = 200
ORDERS = [("", _("by date")), ("posted", _("newest posts first"))]
STATUSES = [("", _("all")), ("featured", _("featured")), ("promoted", _("promoted"))]


class DayField(forms.DateField):
    """A day as ISO 8601 writes it, within the years that the site knows."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": _("This is no day: write it like 2026-06-30.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, input_formats=["%Y-%m-%d"], **options)

    def clean(self, value: Any) -> date | None:
        day = super().clean(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(
                _("The years are %(first)s to %(last)s."), params={"first": FIRST_YEAR, "last": LAST_YEAR}
            )
        return day


class ManyInput(forms.TextInput):
    """What came once or several times, with commas between."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return ", ".join(data.getlist(name))


class FilterForm(forms.Form):
    """Reads the filters of a list, alike for its page and all its formats. Without data it shows those in use.

    What names a tag, area, venue or group that no visible post has is refused in the same words as what does not exist.
    """

    q = forms.CharField(
        label=_("Words"),
        required=False,
        max_length=QUERY_MAX_LENGTH,
        validators=[validate_line],
        widget=forms.TextInput(attrs={"type": "search"}),
        error_messages={"max_length": _("These are too many words: %(limit_value)s characters are enough.")},
    )
    tag = forms.CharField(
        label=_("Tags"), required=False, widget=ManyInput, help_text=_("With commas between several.")
    )
    area = forms.CharField(label=_("Area"), required=False)
    place = forms.CharField(label=_("Venue"), required=False)
    group = forms.CharField(
        label=_("Group"), required=False, help_text=_("As in the address of its page: what follows /groups/.")
    )
    status = forms.ChoiceField(
        label=_("Chosen by moderators"),
        required=False,
        choices=STATUSES,
        error_messages={"invalid_choice": _("The choices are “featured” and “promoted”.")},
    )
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=ORDERS,
        error_messages={"invalid_choice": _("The only other order is “posted”: newest posts first.")},
    )
    after = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, listing: Listing) -> None:
        self.plain = listing
        in_use = listing.chosen
        initial = {
            "q": in_use.q,
            "tag": ", ".join(tag.name for tag in in_use.tags),
            "area": in_use.area and in_use.area.name,
            "place": in_use.place and str(in_use.place),
            "group": in_use.group and in_use.group.slug,
            "status": in_use.status,
            "order": in_use.order,
            "from": in_use.first,
            "to": in_use.last,
        }
        super().__init__(data, initial=initial)
        # Words of Python.
        self.fields["from"] = DayField(label=_("From"))
        self.fields["to"] = DayField(label=_("To"))
        self.order_fields(["q", "from", "to", "tag", "area", "place", "group", "status", "order", "after"])

    def clean_q(self) -> str:
        return " ".join(self.cleaned_data["q"].split())

    def clean_tag(self) -> tuple[Tag, ...]:
        typed = [name for name in self.cleaned_data["tag"].split(",") if name.strip()]
        by_slug = {Term.slug_of(name): name for name in sorted(typed, key=Term.slug_of)}
        # With that of the page: lists of other times are asked for all of them.
        if len(typed) > MAX_TERMS or len(by_slug.keys() | {tag.slug for tag in self.plain.fixed.tags}) > MAX_TERMS:
            raise forms.ValidationError(
                _("These are too many tags: choose %(number)s at most."), params={"number": MAX_TERMS}
            )
        return tuple(_known(Tag.objects.of_some(Event.objects.visible()), by_slug, _("tag")))

    def clean_area(self) -> Area | None:
        known = Area.objects.of_some(Event.objects.visible())
        return self._one("area", known, Term.slug_of(self.cleaned_data["area"]), _("area"))

    def clean_place(self) -> Venue | None:
        known = Venue.objects.of_some(Event.objects.visible())
        return self._one("place", known, Venue.slug_of(self.cleaned_data["place"]), _("venue"))

    def clean_group(self) -> Collective | None:
        return self._one("group", Collective.objects.visible(), self.cleaned_data["group"], _("group"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and last < first:
            self.add_error("to", _("The end is before the beginning."))
        return cleaned

    def listing(self) -> Listing:
        """The list that was asked for. Adds an error, and returns the plain list, when the cursor is not one of its."""
        if not self.is_valid():
            return self.plain
        asked = self.cleaned_data
        listing = self.plain.narrowed(
            Filters(
                q=asked["q"],
                tags=asked["tag"],
                area=asked["area"],
                place=asked["place"],
                group=asked["group"],
                status=asked["status"],
                first=asked["from"],
                last=asked["to"],
                order=asked["order"],
            )
        )
        if not asked["after"]:
            return listing
        try:
            cursor = Cursor.parse(asked["after"])
        except BadCursor:
            cursor = None
        if cursor is None or cursor.listing != listing.key or cursor.order not in listing.orders:
            self.add_error("after", _("This further page belongs to another list: begin this one at its start."))
            return self.plain
        return listing.narrowed(listing.chosen, cursor)

    def _one(self, name: str, known: QuerySet, slug: str, kind: Any) -> Any:
        typed = self.cleaned_data[name]
        return _known(known, {slug: typed}, kind)[0] if typed else None


def _known(known: QuerySet, by_slug: dict[str, str], kind: Any) -> list[Any]:
    """What the slugs name, in their order; by each stands what was typed. Raises ValidationError."""
    found = {each.slug: each for each in known.filter(slug__in=by_slug)} if by_slug else {}
    for slug, typed in by_slug.items():
        if slug not in found:
            raise forms.ValidationError(
                _("There is no %(kind)s “%(name)s”."), params={"kind": kind, "name": typed.strip()[:80]}
            )
    return [found[slug] for slug in by_slug]
