import re
from typing import Any

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter
from django.views.generic import RedirectView

import moderation.views
from events import views
from events.models import VERSIONS, Comment, Event
from events.views.exports import FORMATS


class Suffix(StringConverter):
    """The formats an event comes in, besides HTML."""

    regex = "xml|ics|json"


class ListSuffix(StringConverter):
    """The formats a list of events comes in, besides HTML."""

    regex = "|".join(FORMATS)


class GroupSuffix(StringConverter):
    """The formats in which the events of a group come; its XML is the group itself."""

    regex = "|".join(suffix for suffix in FORMATS if suffix != "xml")


class TermSlug(StringConverter):
    """What tags, areas and venues are called in addresses, in any script."""

    regex = r"[-\w]+"


class Year(StringConverter):
    """The years the site knows: 1900 to 2100."""

    regex = "19[0-9]{2}|20[0-9]{2}|2100"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        return int(value)


class Month(Year):
    regex = "0?[1-9]|1[0-2]"

    def to_url(self, value: int) -> str:  # type: ignore[override]
        return f"{value:02}"


class DayOfMonth(Month):
    regex = "0?[1-9]|[12][0-9]|3[01]"


class Week(Month):
    """A week by its number (ISO 8601), w01 to w53. Not every year has the last."""

    regex = "w(?:0?[1-9]|[1-4][0-9]|5[0-3])"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        return int(value[1:])

    def to_url(self, value: int) -> str:  # type: ignore[override]
        return f"w{value:02}"


class MediaName(StringConverter):
    regex = "[0-9a-f]{32}"


class MediaVersion(StringConverter):
    regex = "|".join(map(re.escape, VERSIONS))


register_converter(MediaName, "media_name")
register_converter(MediaVersion, "media_version")
register_converter(Suffix, "suffix")
register_converter(GroupSuffix, "of_group")
register_converter(TermSlug, "term")
register_converter(ListSuffix, "list")
register_converter(Year, "year")
register_converter(Month, "month")
register_converter(DayOfMonth, "day")
register_converter(Week, "week")


def listing(route: str, view: Any, name: str, suffixes: str = "list", **kwargs: Any) -> list[URLPattern]:
    """A list under its address, and under the same with a format's suffix, or as a page for frames."""
    return [
        path(route, view, kwargs, name=name),
        path(f"{route}.<{suffixes}:suffix>", view, kwargs, name=name),
        path(f"{route}.embed", view, {**kwargs, "suffix": "embed"}),
    ]


app_name = "events"
urlpatterns = [
    path("", views.home, name="home"),
    *listing("events", views.index, "index"),
    *listing("events/featured", views.featured, "featured"),
    *listing("events/promoted", views.promoted, "promoted"),
    *listing("events/archive", views.archive, "archive"),
    *listing("events/archive/<year:year>", views.year, "year"),
    *listing("events/today", views.today, "today"),
    *listing("events/tonight", views.this_evening, "tonight"),
    *listing("events/weekend", views.this_weekend, "weekend"),
    *listing("events/next", views.next_days, "next_days"),
    *listing("events/ongoing", views.ongoing, "ongoing"),
    *listing("search", views.search, "search"),
    path("feeds", views.feeds, name="feeds"),
    path("tags", views.terms, name="terms"),
    path("areas", views.areas, name="areas"),
    path("tags.json", views.term_list, {"kind": "tag"}, name="tags_json"),
    path("areas.json", views.term_list, {"kind": "area"}, name="areas_json"),
    *listing("tags/<term:slug>", views.term, "tag", kind="tag"),
    *listing("areas/<term:slug>", views.term, "area", kind="area"),
    *listing("places/<term:slug>", views.venue, "venue"),
    path("events/new", views.create, name="create"),
    path("events/new/day", views.clash, name="clash"),
    path("events/new/text", views.text_preview, name="text_preview"),
    path("events/posted/<str:token>", views.posted, name="posted"),
    path("events/calendar", views.this_month, name="this_month"),
    path("events/<int:pk>", views.detail, name="detail"),
    path("events/<int:pk>.<suffix:suffix>", views.detail, name="detail"),
    path("events/<year:year>.<list:suffix>", views.year),
    *listing("series/<int:pk>", views.series, "series"),
    path("events/<int:pk>/poster", views.poster, name="poster"),
    path("events/<int:pk>/edit", views.update, name="update"),
    path("events/<int:pk>/copy", views.copy, name="copy"),
    path("events/<int:pk>/report", moderation.views.report, {"model": Event}, name="report"),
    path("events/<int:pk>/cancel", views.cancel, name="cancel"),
    path("events/<int:pk>/withdraw", views.withdraw, name="withdraw"),
    path("events/<int:pk>/comments/new", views.add_comment, name="add_comment"),
    path("comments/<int:pk>", views.comment, name="comment"),
    path("comments/<int:pk>/report", moderation.views.report, {"model": Comment}, name="report_comment"),
    path("comments/<int:pk>/withdraw", views.withdraw_comment, name="withdraw_comment"),
    path("comments/<int:pk>/moderate", moderation.views.moderate, {"model": Comment}, name="moderate_comment"),
    path("comments/posted/<str:token>", views.comment_posted, name="comment_posted"),
    path("edit/lost", views.lost_link, name="lost_link"),
    path("edit/lost/sent", views.lost_link_sent, name="lost_link_sent"),
    path("edit/revoked", views.link_revoked, name="link_revoked"),
    path("edit/<str:token>", views.kept, name="kept"),
    path("edit/<str:token>/posted", views.kept, {"news": "posted"}, name="kept_posted"),
    path("edit/<str:token>/renewed", views.kept, {"news": "renewed"}, name="kept_renewed"),
    path("edit/<str:token>/changed", views.kept, {"news": "changed"}, name="kept_changed"),
    path("edit/<str:token>/mailed", views.kept, {"news": "mailed"}, name="kept_mailed"),
    path("edit/<str:token>/mail", views.mail_link, name="mail_link"),
    path("edit/<str:token>/renew", views.renew_link, name="renew_link"),
    path("edit/<str:token>/revoke", views.revoke_link, name="revoke_link"),
    path("edit/<str:token>/claim", views.claim, name="claim"),
    path("edit/<str:token>/<int:pk>", views.detail_by_link, name="detail_by_link"),
    path("edit/<str:token>/<int:pk>/edit", views.update, name="update_by_link"),
    path("edit/<str:token>/<int:pk>/cancel", views.cancel, name="cancel_by_link"),
    path("edit/<str:token>/<int:pk>/copy", views.copy_by_link, name="copy_by_link"),
    path("edit/<str:token>/<int:pk>/withdraw", views.withdraw, name="withdraw_by_link"),
    path("edit/<str:token>/<int:pk>/comments/new", views.add_comment_by_link, name="add_comment_by_link"),
    path("events/<int:pk>/moderate", moderation.views.moderate, {"model": Event}, name="moderate"),
    *listing("events/<year:year>/<month:month>", views.month, "month"),
    *listing("events/<year:year>/<week:week>", views.week, "week"),
    *listing("events/<year:year>/<month:month>/<day:day>", views.day, "day"),
    path("events/<year:year>/<month:month>/sheet", views.month_sheet, name="month_sheet"),
    path("events/<year:year>/<week:week>/sheet", views.week_sheet, name="week_sheet"),
    path("media/<media_name:name>-<media_version:version>", views.media, name="media"),
    path("events/<int:pk>/embed", views.embedded, name="embed"),
    path("oembed", views.oembed, name="oembed"),
    path("groups.json", views.groups, {"suffix": "json"}, name="groups_json"),
    path("groups.xml", views.groups, {"suffix": "xml"}, name="groups_xml"),
    path("hidden.json", views.hidden, name="hidden_json"),
    path("groups/<int:pk>.xml", views.group_xml, name="group_xml_by_id"),
    path("groups/<slug:slug>.xml", views.group_xml, name="group_xml"),
    path("groups/<int:pk>.<of_group:suffix>", views.group_by_id, name="group_by_id"),
    *listing("groups/<slug:slug>", views.group, "group", suffixes="of_group"),
    path("groups/<slug:slug>/archive", RedirectView.as_view(url="/events/archive?group=%(slug)s", permanent=True)),
    path("groups/<slug:slug>/import", views.import_calendar, name="import_calendar"),
]
