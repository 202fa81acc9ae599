"""Other formats of what a page shows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import rails_xml
from events.feeds import EventFeed
from events.listing import Listing
from events.models import Event
from events.paging import PAGE_SIZE, Page
from events.serializers import event_attributes, event_json, event_record, json_bytes, to_ics, to_json, to_text
from events.views.embedding import embed
from events_site.headers import for_machines
from events_site.sanitizing import printable
from moderation.models import Moderated
from moderation.views import gone_page

# How many events a format holds whose readers do not turn pages.
LONG_LIST = 200
# Not one of the formats for programs.
EMBED = "embed"


@dataclass(frozen=True)
class Format:
    """A format that lists come in, besides HTML. `size` is how many events one answer holds at most."""

    content_type: str
    label: Any
    write: "Writer"
    size: int = PAGE_SIZE
    # Whether it tells more than the row of the event: its tags, group, pictures.
    tells_relations: bool = True

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0]


Writer = Callable[[HttpRequest, Listing, Page, dict[str, Any]], bytes]


def _xml(request: HttpRequest, listing: Listing, page: Page, about: dict[str, Any]) -> bytes:
    return rails_xml.collection(map(event_attributes, page.events), root="events")


def _ics(request: HttpRequest, listing: Listing, page: Page, about: dict[str, Any]) -> bytes:
    return to_ics(map(event_record, page.events), listing.title, listing.url("ics"))


def _json(request: HttpRequest, listing: Listing, page: Page, about: dict[str, Any]) -> bytes:
    following = listing.url("json", page.next) if page.next else None
    return to_json(map(event_record, page.events), listing.title, listing.canonical, following, about=about)


def _text(request: HttpRequest, listing: Listing, page: Page, about: dict[str, Any]) -> bytes:
    return to_text(map(event_record, page.events), listing.title, listing.url())


def _feed(kind: str) -> Writer:
    def write(request: HttpRequest, listing: Listing, page: Page, about: dict[str, Any]) -> bytes:
        feed = EventFeed(
            page.events,
            listing.title,
            kind=kind,
            page_url=listing.canonical,
            url=listing.url(kind, listing.after),
            next_url=listing.url(kind, page.next) if page.next else None,
        )
        return feed(request).content

    return write


FORMATS = {
    "ics": Format("text/calendar; charset=utf-8", gettext_lazy("Calendar"), _ics, size=LONG_LIST),
    "atom": Format("application/atom+xml; charset=utf-8", "Atom", _feed("atom")),
    "rss": Format("application/rss+xml; charset=utf-8", "RSS", _feed("rss")),
    "json": Format("application/json", "JSON", _json),
    "xml": Format(rails_xml.CONTENT_TYPE, "XML", _xml, tells_relations=False),
    "txt": Format("text/plain; charset=utf-8", gettext_lazy("Plain text"), _text, size=LONG_LIST),
}


def export_list(
    request: HttpRequest, listing: Listing, suffix: str, about: dict[str, Any] | None = None
) -> HttpResponse:
    """The page of a list in another format, with the events that the page itself shows.

    A calendar and a programme hold more than a page, since their readers do not turn pages. Where there is more
    still, the Link header names the next page. `about` is what JSON says of whose list it is.
    """
    wanted = FORMATS[suffix]
    if wanted.tells_relations:
        listing = listing.for_export()
    page = listing.page(wanted.size, beside=LONG_LIST)
    response = HttpResponse(wanted.write(request, listing, page, about or {}), wanted.content_type)
    following = listing.url(suffix, page.next) if page.next else None
    return of_list(request, response, listing.url(), following, (event.updated_on for event in page.events))


def export_records(
    request: HttpRequest,
    suffix: str,
    title: str,
    name: str,
    records: list[dict[str, Any]],
    *,
    following: str = "",
    changes: Iterable[datetime | None] = (),
) -> HttpResponse:
    """A page of a list of something else than events, as JSON or XML.

    `records` are as the format prints them, and called `name` together. `following` is the query of the next page, if
    there is one, and `changes` are when each was last changed.
    """
    url = settings.SITE_URL + request.path.removesuffix(f".{suffix}")
    next_url = f"{settings.SITE_URL}{request.path}?{following}" if following else None
    if suffix == "xml":
        content = rails_xml.collection(records, root=name)
    else:
        content = json_bytes({"title": title, "url": url, "next": next_url, name: records})
    return of_list(request, HttpResponse(content, FORMATS[suffix].content_type), url, next_url, changes)


def of_list(
    request: HttpRequest, response: HttpResponse, url: str, next_url: str | None, changes: Iterable[datetime | None]
) -> HttpResponse:
    """Adds to a page of a list the links to the page for people and to the next one, and the validators."""
    links = [f'<{url}>; rel="alternate"; type="text/html"']
    if next_url:
        links.append(f'<{next_url}>; rel="next"')
    response["Link"] = ", ".join(links)
    return validated(request, response, max(filter(None, changes), default=None))


def export_event(request: HttpRequest, event: Event, suffix: str) -> HttpResponse:
    """One event in another format. It must have been read with `for_export`, unless as XML."""
    if suffix == "xml":
        return export_post(request, rails_xml.document("event", event_attributes(event)), suffix, event)
    record = event_record(event)
    if suffix == "json":
        return export_post(request, json_bytes(event_json(record)), suffix, event)
    return export_post(request, to_ics([record], event.title, f"{record['url']}.ics"), suffix, event)


def export_post(request: HttpRequest, content: bytes, suffix: str, post: Moderated) -> HttpResponse:
    return validated(request, HttpResponse(content, FORMATS[suffix].content_type), post.updated_on, by_date=True)


def validated(
    request: HttpRequest, response: HttpResponse, changed: datetime | None, *, by_date: bool = False
) -> HttpResponse:
    """Adds the validators of an export, and answers 304 when the client has it already.

    The ETag is the MD5 of the body in double quotes, as the original site sent it. `changed` is when what is in it was
    last changed; only with `by_date` is that compared too, since the date of a list goes back when its newest post is
    hidden.
    """
    etag = quote_etag(md5(response.content, usedforsecurity=False).hexdigest())
    response["ETag"] = etag
    seconds = int(changed.timestamp()) if changed else None
    if seconds is not None:
        response["Last-Modified"] = http_date(seconds)
    answer = get_conditional_response(request, etag, seconds if by_date else None, response) or response
    # A 304 needs the headers too: caches and browsers put them in the place of those that they stored.
    return for_machines(answer, index=False)


def gone(request: HttpRequest, post: Moderated, suffix: str) -> HttpResponse:
    """This post was taken down: by whom and the public reason, in the format that was asked for."""
    sentences = [str(post.hiding_sentence)]
    if post.public_reason:
        sentences.append(_("Reason given: %(reason)s") % {"reason": printable(post.public_reason)})
    return refusal(request, suffix, 410, sentences, lambda: gone_page(request, post))


def refusal(
    request: HttpRequest, suffix: str, status: int, sentences: list[str], page: Callable[[], HttpResponse]
) -> HttpResponse:
    """Says what is wrong in the format that was asked for, and without one as a page.

    A document of errors where the format has such a thing, in a frame a page for frames, otherwise plain sentences.
    """
    response: HttpResponse
    if suffix == EMBED:
        return embed(request, [], sentences[0], "/", note=" ".join(sentences[1:]), status=status)
    if suffix not in FORMATS:
        return page()
    if suffix == "xml":
        response = HttpResponse(rails_xml.errors(sentences), rails_xml.CONTENT_TYPE, status=status)
    elif suffix == "json":
        response = JsonResponse({"errors": sentences}, status=status)
    else:
        text = "".join(f"{sentence}\n" for sentence in sentences)
        response = HttpResponse(text, "text/plain; charset=utf-8", status=status)
    return for_machines(response, index=False)
