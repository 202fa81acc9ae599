"""Every route of the site with an example of its address, so that tests can walk all of them.

A route that is not declared here fails tests/test_security.py: declare it with its kind and every test that walks
the site takes it along.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from collectives.models import Collective, User
from events.models import Area, Comment, EditLink, Event, EventGroup, Tag
from events.sitemaps import page_of
from events.urls import GroupSuffix, ListSuffix, Suffix
from events.views import comments, receipts
from moderation.models import Guideline, ModerationAction, SavedReply
from tests.factories import (
    make_attachment,
    make_collective,
    make_comment,
    make_event,
    make_filter,
    make_moderator,
    make_superuser,
    make_user,
)

SUFFIXES = {
    "<of_group:": GroupSuffix.regex.split("|"),
    "<suffix:": Suffix.regex.split("|"),
    "<list:": ListSuffix.regex.split("|"),
}
ROLES = ["anonymous", "other", "member", "author", "moderator", "superuser"]


class Kind(Enum):
    PAGE = "a page for readers"
    DATA = "a format for programs"
    LEAD = "a redirect for readers"
    FORM = "a form that is open to everybody"
    EMBED = "a page for the frames of other sites"
    MEDIA = "a file of a post"
    RECEIPT = "a page for one person, without an account"
    PIECE = "a piece of a form, for its script, to be posted"
    LINK = "a page for the holder of a secret edit link"
    PROBE = "an answer for the machines that watch the site"
    PERSONAL = "a page for one account"
    MODERATORS = "a page for moderators in the site's look"
    ADMIN = "the moderators' pages in the admin"
    ADMIN_POST = "a deed in the admin, to be posted"


PUBLIC = [Kind.PAGE, Kind.DATA, Kind.EMBED, Kind.LEAD]


@dataclass
class World:
    """One of everything. The event is coming, and its author posted it for their collective."""

    author: User = field(default_factory=lambda: make_user("author"))
    member: User = field(default_factory=lambda: make_user("member"))
    other: User = field(default_factory=lambda: make_user("other"))
    moderator: User = field(default_factory=lambda: make_moderator("mod"))
    superuser: User = field(default_factory=lambda: make_superuser("root"))

    def __post_init__(self) -> None:
        self.collective: Collective = make_collective("Nettle", members=(self.member,))
        self.invitation = self.collective.invite(5)
        self.series = EventGroup.objects.create()
        self.event: Event = make_event(
            "Open picnic",
            date=timezone.now() + timedelta(days=2),
            place="Nettle House, High Street",
            tags=("food",),
            areas=("Hackney",),
            user=self.author,
            collective=self.collective,
            event_group=self.series,
        )
        self.event.feature(by=self.moderator)
        self.attachment = make_attachment(self.event)
        self.link, self.token = EditLink.objects.make()
        self.linked: Event = make_event("Linked picnic", edit_link=self.link)
        self.comment: Comment = make_comment(self.event, user=self.author, is_organiser=True)
        self.action = ModerationAction.objects.get()
        self.content_filter = make_filter()
        self.guideline = Guideline.objects.create(title="No advertising")
        self.saved_reply = SavedReply.objects.create(title="Twice", text="It is there twice.")

    def client(self, role: str, **options: bool) -> Client:
        """A browser in the hands of somebody: one of ROLES."""
        client = Client(**options)
        if role != "anonymous":
            client.force_login(getattr(self, role))
        return client

    # What examples of addresses name besides.

    @property
    def tag(self) -> Tag:
        return self.event.tags.get()

    @property
    def area(self) -> Area:
        return self.event.areas.get()

    @property
    def day(self) -> datetime:
        return timezone.localtime(self.event.date)

    @property
    def week(self) -> str:
        return f"{self.day:%G/w%V}"

    @property
    def page(self) -> int:
        return page_of(self.event.pk)

    @property
    def tag_page(self) -> int:
        return page_of(self.tag.pk)

    @property
    def area_page(self) -> int:
        return page_of(self.area.pk)

    @property
    def venue_page(self) -> int:
        return page_of(self.event.venue.pk)

    @property
    def group_page(self) -> int:
        return page_of(self.collective.pk)

    @property
    def event_type(self) -> int:
        return ContentType.objects.get_for_model(Event).pk

    @property
    def receipt(self) -> str:
        return receipts.sign_object(self.event.pk)

    @property
    def comment_receipt(self) -> str:
        return comments.receipts.sign_object(self.comment.pk)


class Names(dict):
    """The attributes of a world, each looked up when an example names it: some cost a query."""

    def __init__(self, world: World, **names: str) -> None:
        super().__init__(names)
        self.world = world

    def __missing__(self, name: str) -> Any:
        return getattr(self.world, name)


@dataclass(frozen=True)
class Route:
    pattern: str
    kind: Kind
    example: str

    def addresses(self, world: World, *, sampled: bool = False) -> list[str]:
        """The address of the example, in every format when the route has formats; `sampled`, a list in one of them."""
        suffixes = next((found for mark, found in SUFFIXES.items() if mark in self.pattern), [""])
        if sampled and len(suffixes) > 3:
            # Not the same one for all lists.
            suffixes = [suffixes[len(self.pattern) % len(suffixes)]]
        if self.pattern == "oembed":
            suffixes = ["json", "xml"]
        return [self.example.format_map(Names(world, suffix=suffix)) for suffix in suffixes]


def a_list(pattern: str, example: str, suffixes: str = "list") -> list[Route]:
    """A list of events, as a page and in the formats of lists."""
    path, mark, query = example.partition("?")
    return [
        Route(pattern, Kind.PAGE, example),
        Route(f"{pattern}.<{suffixes}:suffix>", Kind.DATA, f"{path}.{{suffix}}{mark}{query}"),
        Route(f"{pattern}.embed", Kind.EMBED, f"{path}.embed{mark}{query}"),
    ]


ADMIN_MODELS = {
    "auth/group": "1",
    "collectives/collective": "{collective.pk}",
    "collectives/user": "{other.pk}",
    "events/area": "{area.pk}",
    "events/comment": "{comment.pk}",
    "events/event": "{event.pk}",
    "events/eventgroup": "{series.pk}",
    "events/tag": "{tag.pk}",
    "events/venue": "{event.venue.pk}",
    "moderation/contentfilter": "{content_filter.pk}",
    "moderation/guideline": "{guideline.pk}",
    "moderation/moderationaction": "{action.pk}",
    "moderation/savedreply": "{saved_reply.pk}",
}
_DEEDS_ON_A_RECORD = ["change/", "delete/", "history/", ""]

LISTS = [
    *a_list("events", "/events"),
    *a_list("events/featured", "/events/featured"),
    *a_list("events/promoted", "/events/promoted"),
    *a_list("events/archive", "/events/archive"),
    *a_list("events/archive/<year:year>", "/events/archive/{day:%Y}"),
    *a_list("events/today", "/events/today"),
    *a_list("events/tonight", "/events/tonight"),
    *a_list("events/weekend", "/events/weekend"),
    *a_list("events/next", "/events/next"),
    *a_list("events/ongoing", "/events/ongoing"),
    *a_list("events/<year:year>/<month:month>", "/events/{day:%Y/%m}"),
    *a_list("events/<year:year>/<week:week>", "/events/{week}"),
    *a_list("events/<year:year>/<month:month>/<day:day>", "/events/{day:%Y/%m/%d}"),
    *a_list("tags/<term:slug>", "/tags/{tag.slug}"),
    *a_list("areas/<term:slug>", "/areas/{area.slug}"),
    *a_list("places/<term:slug>", "/places/{event.venue.slug}"),
    *a_list("series/<int:pk>", "/series/{series.pk}"),
    *a_list("search", "/search?q=Nettle"),
    *a_list("groups/<slug:slug>", "/groups/{collective.slug}", suffixes="of_group"),
]
ROUTES = [
    *LISTS,
    Route("", Kind.PAGE, "/"),
    Route("events/<year:year>.<list:suffix>", Kind.DATA, "/events/{day:%Y}.{suffix}"),
    Route("tags", Kind.PAGE, "/tags"),
    Route("tags.json", Kind.DATA, "/tags.json"),
    Route("areas", Kind.LEAD, "/areas"),
    Route("areas.json", Kind.DATA, "/areas.json"),
    Route("feeds", Kind.PAGE, "/feeds"),
    Route("events/new", Kind.FORM, "/events/new"),
    Route("events/new/day", Kind.PAGE, "/events/new/day?date={day:%Y-%m-%d}"),
    Route("events/new/text", Kind.PIECE, "/events/new/text"),
    Route("events/posted/<str:token>", Kind.RECEIPT, "/events/posted/{receipt}"),
    Route("events/calendar", Kind.LEAD, "/events/calendar"),
    Route("events/<int:pk>", Kind.PAGE, "/events/{event.pk}"),
    Route("events/<int:pk>.<suffix:suffix>", Kind.DATA, "/events/{event.pk}.{suffix}"),
    Route("media/<media_name:name>-<media_version:version>", Kind.MEDIA, "/media/{attachment.name}-page.webp"),
    Route("events/<int:pk>/embed", Kind.EMBED, "/events/{event.pk}/embed"),
    Route("oembed", Kind.DATA, "/oembed?url=http://testserver/events/{event.pk}&format={suffix}"),
    Route("events/<int:pk>/poster", Kind.PAGE, "/events/{event.pk}/poster"),
    Route("events/<int:pk>/edit", Kind.PERSONAL, "/events/{event.pk}/edit"),
    Route("events/<int:pk>/cancel", Kind.PERSONAL, "/events/{event.pk}/cancel"),
    Route("events/<int:pk>/copy", Kind.FORM, "/events/{event.pk}/copy"),
    Route("events/<int:pk>/withdraw", Kind.PERSONAL, "/events/{event.pk}/withdraw"),
    Route("events/<int:pk>/comments/new", Kind.FORM, "/events/{event.pk}/comments/new"),
    Route("comments/<int:pk>", Kind.LEAD, "/comments/{comment.pk}"),
    Route("comments/<int:pk>/report", Kind.FORM, "/comments/{comment.pk}/report"),
    Route("comments/<int:pk>/withdraw", Kind.PERSONAL, "/comments/{comment.pk}/withdraw"),
    Route("comments/<int:pk>/moderate", Kind.MODERATORS, "/comments/{comment.pk}/moderate"),
    Route("comments/posted/<str:token>", Kind.RECEIPT, "/comments/posted/{comment_receipt}"),
    Route("edit/<str:token>/<int:pk>/copy", Kind.LINK, "/edit/{token}/{linked.pk}/copy"),
    Route("edit/<str:token>/<int:pk>/comments/new", Kind.LINK, "/edit/{token}/{linked.pk}/comments/new"),
    Route("edit/lost", Kind.FORM, "/edit/lost"),
    Route("edit/lost/sent", Kind.RECEIPT, "/edit/lost/sent"),
    Route("edit/revoked", Kind.RECEIPT, "/edit/revoked"),
    Route("edit/<str:token>", Kind.LINK, "/edit/{token}"),
    *(
        Route(f"edit/<str:token>/{word}", Kind.LINK, f"/edit/{{token}}/{word}")
        for word in ("posted", "renewed", "changed", "mailed", "mail", "renew", "revoke", "claim")
    ),
    Route("edit/<str:token>/<int:pk>", Kind.LINK, "/edit/{token}/{linked.pk}"),
    Route("edit/<str:token>/<int:pk>/edit", Kind.LINK, "/edit/{token}/{linked.pk}/edit"),
    Route("edit/<str:token>/<int:pk>/cancel", Kind.LINK, "/edit/{token}/{linked.pk}/cancel"),
    Route("edit/<str:token>/<int:pk>/withdraw", Kind.LINK, "/edit/{token}/{linked.pk}/withdraw"),
    Route("events/<int:pk>/moderate", Kind.MODERATORS, "/events/{event.pk}/moderate"),
    Route("events/<int:pk>/report", Kind.FORM, "/events/{event.pk}/report"),
    Route("groups/<slug:slug>/moderate", Kind.MODERATORS, "/groups/{collective.slug}/moderate"),
    Route("groups/<slug:slug>/report", Kind.FORM, "/groups/{collective.slug}/report"),
    Route("reported", Kind.RECEIPT, "/reported"),
    Route("hidden", Kind.PAGE, "/hidden"),
    Route("hidden.atom", Kind.DATA, "/hidden.atom"),
    Route("hidden.json", Kind.DATA, "/hidden.json"),
    Route("moderation", Kind.LEAD, "/moderation"),
    Route("events/<year:year>/<month:month>/sheet", Kind.PAGE, "/events/{day:%Y/%m}/sheet"),
    Route("events/<year:year>/<week:week>/sheet", Kind.PAGE, "/events/{day:%G/w%V}/sheet"),
    Route("groups", Kind.PAGE, "/groups"),
    Route("groups.json", Kind.DATA, "/groups.json"),
    Route("groups.xml", Kind.DATA, "/groups.xml"),
    Route("groups/new", Kind.PERSONAL, "/groups/new"),
    Route("groups/show_all", Kind.LEAD, "/groups/show_all"),
    Route("groups/invitation/<str:token>", Kind.PERSONAL, "/groups/invitation/{invitation}"),
    Route("groups/<int:pk>", Kind.LEAD, "/groups/{collective.pk}"),
    Route("groups/<int:pk>.<of_group:suffix>", Kind.LEAD, "/groups/{collective.pk}.{suffix}"),
    Route("groups/<int:pk>.xml", Kind.DATA, "/groups/{collective.pk}.xml"),
    Route("groups/<slug:slug>.xml", Kind.DATA, "/groups/{collective.slug}.xml"),
    Route("groups/<slug:slug>/archive", Kind.LEAD, "/groups/{collective.slug}/archive"),
    Route("groups/<slug:slug>/edit", Kind.PERSONAL, "/groups/{collective.slug}/edit"),
    Route("groups/<slug:slug>/import", Kind.PERSONAL, "/groups/{collective.slug}/import"),
    Route("groups/<slug:slug>/posts", Kind.PERSONAL, "/groups/{collective.slug}/posts"),
    Route("groups/<slug:slug>/join", Kind.PERSONAL, "/groups/{collective.slug}/join"),
    Route("groups/<slug:slug>/leave", Kind.PERSONAL, "/groups/{collective.slug}/leave"),
    Route("groups/<slug:slug>/members", Kind.PERSONAL, "/groups/{collective.slug}/members"),
    Route("groups/<slug:slug>/members/<int:pk>", Kind.PERSONAL, "/groups/{collective.slug}/members/1"),
    Route("groups/<slug:slug>/requests/<int:pk>", Kind.PERSONAL, "/groups/{collective.slug}/requests/1"),
    Route("groups/<slug:slug>/invitations", Kind.PERSONAL, "/groups/{collective.slug}/invitations"),
    Route("groups/<slug:slug>/invitations/<int:pk>", Kind.PERSONAL, "/groups/{collective.slug}/invitations/1"),
    Route(
        "system/group/image/<int:year>/<int:month>/<int:day>/<int:pk>/<str:name>",
        Kind.MEDIA,
        "/system/group/image/2026/06/10/1/none.jpg",
    ),
    Route("login", Kind.FORM, "/login"),
    Route("logout", Kind.PERSONAL, "/logout"),
    Route("signup", Kind.FORM, "/signup"),
    Route("account", Kind.PERSONAL, "/account"),
    Route("account/reauthenticate", Kind.PERSONAL, "/account/reauthenticate"),
    Route("account/delete", Kind.PERSONAL, "/account/delete"),
    Route("account/email", Kind.PERSONAL, "/account/email"),
    Route("account/email/sent", Kind.RECEIPT, "/account/email/sent"),
    Route("account/email/confirm/<str:key>", Kind.RECEIPT, "/account/email/confirm/x:y:z"),
    Route("account/password", Kind.PERSONAL, "/account/password"),
    Route("account/password/reset", Kind.FORM, "/account/password/reset"),
    Route("account/password/reset/sent", Kind.RECEIPT, "/account/password/reset/sent"),
    Route("account/password/reset/done", Kind.RECEIPT, "/account/password/reset/done"),
    Route("account/password/reset/<str:uidb36>/<str:key>", Kind.RECEIPT, "/account/password/reset/1/x-y"),
    Route("account/two-factor", Kind.PERSONAL, "/account/two-factor"),
    Route("account/two-factor/code", Kind.PERSONAL, "/account/two-factor/code"),
    Route("account/two-factor/reauthenticate", Kind.PERSONAL, "/account/two-factor/reauthenticate"),
    Route("account/two-factor/app", Kind.PERSONAL, "/account/two-factor/app"),
    Route("account/two-factor/app/remove", Kind.PERSONAL, "/account/two-factor/app/remove"),
    Route("account/two-factor/codes", Kind.PERSONAL, "/account/two-factor/codes"),
    Route("account/two-factor/codes/new", Kind.PERSONAL, "/account/two-factor/codes/new"),
    Route("account/two-factor/codes.txt", Kind.PERSONAL, "/account/two-factor/codes.txt"),
    Route("robots.txt", Kind.DATA, "/robots.txt"),
    Route(".well-known/security.txt", Kind.DATA, "/.well-known/security.txt"),
    Route("sitemap.xml", Kind.DATA, "/sitemap.xml"),
    Route("sitemap-pages-<int:number>.xml", Kind.DATA, "/sitemap-pages-1.xml"),
    Route("sitemap-months-<int:number>.xml", Kind.DATA, "/sitemap-months-{day:%Y}.xml"),
    Route("sitemap-groups-<int:number>.xml", Kind.DATA, "/sitemap-groups-{group_page}.xml"),
    Route("sitemap-tags-<int:number>.xml", Kind.DATA, "/sitemap-tags-{tag_page}.xml"),
    Route("sitemap-areas-<int:number>.xml", Kind.DATA, "/sitemap-areas-{area_page}.xml"),
    Route("sitemap-venues-<int:number>.xml", Kind.DATA, "/sitemap-venues-{venue_page}.xml"),
    Route("sitemap-events-<int:number>.xml", Kind.DATA, "/sitemap-events-{page}.xml"),
    Route("healthz", Kind.PROBE, "/healthz"),
    Route("readyz", Kind.PROBE, "/readyz"),
    Route("<old_address:found>", Kind.LEAD, "/publish"),
    Route("^(?P<path>.+)/$", Kind.LEAD, "/events/"),
    Route("admin", Kind.LEAD, "/admin"),
    Route("admin/", Kind.ADMIN, "/admin/"),
    Route("admin/^(?P<app_label>moderation|events|auth|collectives)/$", Kind.ADMIN, "/admin/events/"),
    Route("admin/(?P<url>.*)$", Kind.ADMIN, "/admin/nothing/"),
    Route("admin/queue/", Kind.ADMIN, "/admin/queue/"),
    Route("admin/act/", Kind.ADMIN_POST, "/admin/act/"),
    Route("admin/undo/", Kind.ADMIN_POST, "/admin/undo/"),
    Route("admin/claim/<int:pk>/", Kind.ADMIN_POST, "/admin/claim/1/"),
    Route("admin/proposal/<int:pk>/", Kind.ADMIN_POST, "/admin/proposal/1/"),
    Route("admin/autocomplete/", Kind.ADMIN, "/admin/autocomplete/"),
    Route("admin/jsi18n/", Kind.ADMIN, "/admin/jsi18n/"),
    Route("admin/login/", Kind.ADMIN, "/admin/login/"),
    Route("admin/logout/", Kind.ADMIN, "/admin/logout/"),
    Route("admin/password_change/", Kind.ADMIN, "/admin/password_change/"),
    Route("admin/password_change/done/", Kind.ADMIN, "/admin/password_change/done/"),
    Route("admin/r/<path:content_type_id>/<path:object_id>/", Kind.ADMIN, "/admin/r/{event_type}/{event.pk}/"),
    Route(
        "admin/moderation/contentfilter/<int:pk>/rehearsal/",
        Kind.ADMIN,
        "/admin/moderation/contentfilter/{content_filter.pk}/rehearsal/",
    ),
    Route("admin/collectives/user/<id>/password/", Kind.ADMIN, "/admin/collectives/user/{other.pk}/password/"),
    *(
        Route(f"admin/{model}/{deed}", Kind.ADMIN, f"/admin/{model}/{deed}")
        for model in ADMIN_MODELS
        for deed in ("", "add/")
    ),
    *(
        Route(f"admin/{model}/<path:object_id>/{deed}", Kind.ADMIN, f"/admin/{model}/{pk}/{deed}")
        for model, pk in ADMIN_MODELS.items()
        for deed in _DEEDS_ON_A_RECORD
    ),
]


def of_kind(*kinds: Kind) -> list[Route]:
    return [route for route in ROUTES if route.kind in kinds]


def resolver_patterns() -> list[str]:
    """The patterns that Django knows, with those of includes written out."""

    def walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern, route)
            else:
                yield route

    # One address may have two names.
    return list(dict.fromkeys(walk(get_resolver(), "")))
