"""Lists of events as Atom (RFC 4287) and RSS 2.0 feeds."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed, SyndicationFeed, rfc3339_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.calendar import local
from events.models import Event
from events.serializers import EventRecord, event_record
from events.serializers.records import last_day, status_note_html
from events_site.sanitizing import printable

# For what both formats must say and nobody knows: when an empty list, or a post of unknown age, was changed.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Timely:
    """A feed that changes when its items do, and at no other time."""

    items: list[dict[str, Any]]

    def latest_post_date(self) -> datetime:
        """Of an empty list: never. Django says now, and no validator would ever match."""
        return max((item["updateddate"] for item in self.items), default=NEVER)


class EventAtom(Timely, Atom1Feed):
    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        if self.feed["next"]:
            handler.addQuickElement("link", "", {"rel": "next", "href": self.feed["next"]})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


class EventRss(Timely, Rss201rev2Feed):
    """With the whole texts as the RSS Best Practices Profile has them, and Atom's words for what RSS lacks."""

    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        if self.feed["next"]:
            handler.addQuickElement("atom:link", None, {"rel": "next", "href": self.feed["next"]})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("atom:updated", rfc3339_date(item["updateddate"]))
        handler.addQuickElement("content:encoded", item["content"])


FORMATS: dict[str, type[SyndicationFeed]] = {"atom": EventAtom, "rss": EventRss}


class EventFeed(Feed):
    """The events of one page of a list, in the order of the list.

    `events` come from `EventQuerySet.for_export()`. The addresses are whole: `page_url` of the page for people, `url`
    of the feed itself, `next_url` of the feed of the next page.
    """

    item_guid_is_permalink = False

    def __init__(
        self,
        events: list[Event],
        title: str,
        *,
        kind: str,
        page_url: str,
        url: str,
        next_url: str | None = None,
    ) -> None:
        self.events, self.name = events, title
        self.link, self.feed_url, self.next_url = page_url, url, next_url
        self.feed_type = FORMATS[kind]

    def __call__(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = super().__call__(request, *args, **kwargs)
        # Hiding the newest post would set it back, and readers would keep what they have.
        del response.headers["Last-Modified"]
        return response

    def title(self) -> str:
        return f"{printable(self.name)} · {settings.SITE_NAME}"

    # RSS must have one, and lists have no other words.
    description = title

    def feed_extra_kwargs(self, obj: object) -> dict[str, Any]:
        return {"next": self.next_url}

    def author_name(self) -> str:
        """Of entries that name nobody: RFC 4287 section 4.1.2 wants one."""
        return settings.SITE_NAME

    def items(self) -> list[EventRecord]:
        return [event_record(event) for event in self.events]

    def item_title(self, item: EventRecord) -> str:
        """With what readers of feeds need to know first: whether it takes place, and when."""
        title = item["title"].strip() or _("Untitled")
        if item["starts"]:
            title = f"{title} · {date_format(local(item['starts']), _day_format(item))}"
        if last := last_day(item):
            title = f"{title} – {date_format(last, _day_format(item))}"
        status = Event.EventStatus(item["status"])
        return title if status == Event.EventStatus.SCHEDULED else f"{status.label}: {title}"

    def item_description(self, item: EventRecord) -> str:
        return status_note_html(item) + item["summary_html"]

    def item_extra_kwargs(self, item: EventRecord) -> dict[str, Any]:
        return {"content": status_note_html(item) + item["summary_html"] + item["body_html"]}

    def item_author_name(self, item: EventRecord) -> str | None:
        return item["published_by"] or None

    def item_categories(self, item: EventRecord) -> list[str]:
        return [tag["name"] for tag in item["tags"]]

    def item_enclosures(self, item: EventRecord) -> list[Enclosure]:
        """The flyer alone: RSS has room for one."""
        flyer = item["flyer"]
        return [Enclosure(flyer["url"], str(flyer["size"]), flyer["type"])] if flyer else []

    def item_link(self, item: EventRecord) -> str:
        return item["url"]

    item_guid = item_link

    def item_pubdate(self, item: EventRecord) -> datetime | None:
        return item["created"]

    def item_updateddate(self, item: EventRecord) -> datetime:
        return item["updated"] or item["created"] or NEVER


def _day_format(item: EventRecord) -> str:
    return "D j F Y" if item["all_day"] else "D j F Y, H:i"
