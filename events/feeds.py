"""Lists of events as Atom feeds."""

from datetime import UTC, datetime

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from events.models import Event
from events_site.sanitizing import printable, sanitized


class TimelyAtom(Atom1Feed):
    def latest_post_date(self) -> datetime:
        """Of an empty list: never. Django says now, and no validator would ever match."""
        return super().latest_post_date() if self.items else datetime(1970, 1, 1, tzinfo=UTC)


class EventFeed(Feed):
    """The events of one page of a list, in the order of the list."""

    feed_type = TimelyAtom
    item_guid_is_permalink = False

    def __init__(self, events: list[Event], title: str, path: str) -> None:
        self.events, self.name, self.path = events, title, path

    def __call__(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = super().__call__(request, *args, **kwargs)
        # Hiding the newest post would set it back, and readers would keep what they have.
        del response.headers["Last-Modified"]
        return response

    def title(self) -> str:
        return f"{printable(self.name)} · {settings.SITE_NAME}"

    def link(self) -> str:
        return settings.SITE_URL + self.path

    def feed_url(self) -> str:
        return f"{settings.SITE_URL}{self.path}.atom"

    def items(self) -> list[Event]:
        return self.events

    def item_title(self, item: Event) -> str:
        title = printable(item.title) or _("Untitled")
        if item.date:
            title = f"{title} · {date_format(localtime(item.date), 'D j F Y, H:i')}"
        return f"{item.get_event_status_display()}: {title}" if item.is_off else title

    def item_description(self, item: Event) -> str:
        note = f"<p>{escape(item.status_note)}</p>" if item.status_note else ""
        return printable(f"{note}{sanitized(item.summary)}{sanitized(item.body)}")

    def item_author_name(self, item: Event) -> str | None:
        return printable(item.published_by) or None

    def item_link(self, item: Event) -> str:
        return settings.SITE_URL + item.get_absolute_url()

    item_guid = item_link

    def item_pubdate(self, item: Event) -> datetime | None:
        return item.created_on or item.date

    def item_updateddate(self, item: Event) -> datetime | None:
        return item.updated_on or self.item_pubdate(item)
