"""Other formats of what a page shows."""

from datetime import datetime
from hashlib import md5
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _

from events import rails_xml
from events.feeds import EventFeed
from events.paging import Page
from events.serializers import event_attributes, event_record, to_ics
from events_site.headers import for_machines
from events_site.sanitizing import printable
from moderation.models import Moderated
from moderation.views import gone_page


def export_list(request: HttpRequest, page: Page, suffix: str, title: str, route: str, *args: Any) -> HttpResponse:
    """A page of a list in another format; the next page is named in the Link header."""
    if suffix != "xml":
        prefetch_related_objects(page.events, "collective", "venue", "event_group", "tags", "areas", "attachments")
    address = f"{reverse(route, args=args)}.{suffix}"
    next_url = f"{settings.SITE_URL}{address}?after={page.next}" if page.next else None
    if suffix == "xml":
        records = [{"element": "event", "attributes": event_attributes(event)} for event in page.events]
        response = HttpResponse(rails_xml.collection(records, root="events"), rails_xml.CONTENT_TYPE)
    elif suffix == "atom":
        response = EventFeed(page.events, title, reverse(route, args=args), next_url=next_url)(request)
    else:
        calendar = to_ics(map(event_record, page.events), title, f"{settings.SITE_URL}{address}")
        response = HttpResponse(calendar, "text/calendar; charset=utf-8")
    if page.next:
        response["Link"] = f'<{address}?after={page.next}>; rel="next"'
    return validated(request, response)


def xml_answer(request: HttpRequest, document: bytes, post: Moderated) -> HttpResponse:
    return validated(request, HttpResponse(document, rails_xml.CONTENT_TYPE), post.updated_on)


def ics_answer(request: HttpRequest, calendar: bytes, post: Moderated) -> HttpResponse:
    return validated(request, HttpResponse(calendar, "text/calendar; charset=utf-8"), post.updated_on)


def validated(request: HttpRequest, response: HttpResponse, updated_on: datetime | None = None) -> HttpResponse:
    """Adds the validators of an export, and answers 304 when the client has it already.

    The ETag is the MD5 of the body in double quotes, as the original site sent it. Only a single record has a time of
    last change: that of a list would go back when its newest post is hidden.
    """
    etag = quote_etag(md5(response.content, usedforsecurity=False).hexdigest())
    response["ETag"] = etag
    changed = int(updated_on.timestamp()) if updated_on else None
    if changed is not None:
        response["Last-Modified"] = http_date(changed)
    # A 304 needs the headers too: caches and browsers put them in the place of those that they stored.
    return for_machines(get_conditional_response(request, etag, changed, response) or response, index=False)


def gone(request: HttpRequest, post: Moderated, suffix: str) -> HttpResponse:
    """This post was taken down: by whom and the public reason, in the format that was asked for."""
    if not suffix:
        return gone_page(request, post)
    sentences = [str(post.hiding_sentence)]
    if post.public_reason:
        sentences.append(_("Reason given: %(reason)s") % {"reason": printable(post.public_reason)})
    if suffix == "xml":
        return for_machines(HttpResponse(rails_xml.errors(sentences), rails_xml.CONTENT_TYPE, status=410))
    return for_machines(HttpResponse("\n".join([*sentences, ""]), "text/plain; charset=utf-8", status=410))
