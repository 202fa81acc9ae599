"""The public moderation log as a feed."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from events_site.headers import for_machines
from events_site.sanitizing import printable
from moderation.models import ModerationAction, Status


class LogFeed(Atom1Feed):
    def latest_post_date(self) -> datetime:
        """Of an empty log: never. Django says now, and no validator would ever match."""
        return super().latest_post_date() if self.items else datetime(1970, 1, 1, tzinfo=UTC)


class HiddenFeed(Feed):
    feed_type = LogFeed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.PUBLIC_MODERATION_LOG:
            raise Http404
        return for_machines(super().__call__(request, *args, **kwargs), index=False)

    def title(self) -> str:
        return _("%(site)s: what moderators did") % {"site": settings.SITE_NAME}

    def link(self) -> str:
        return settings.SITE_URL + reverse("moderation:hidden")

    def feed_url(self) -> str:
        return settings.SITE_URL + reverse("moderation:hidden_feed")

    def items(self) -> list[ModerationAction]:
        actions, _following = ModerationAction.objects.public_page()
        return actions

    def item_title(self, item: ModerationAction) -> str:
        what = _("hidden") if item.to_status == Status.HIDDEN else _("shown again")
        return f"{item.content_type.name} {item.object_id}: {what}"

    def item_description(self, item: ModerationAction) -> str:
        return printable(item.reason) or _("No reason was given.")

    def item_author_name(self, item: ModerationAction) -> str:
        return printable(item.signature or "moderators")

    def item_link(self, item: ModerationAction) -> str:
        return self.link()

    def item_guid(self, item: ModerationAction) -> str:
        return f"{settings.SITE_URL}/hidden#{item.pk}"

    item_guid_is_permalink = False

    def item_pubdate(self, item: ModerationAction) -> datetime:
        return item.created_on

    item_updateddate = item_pubdate
