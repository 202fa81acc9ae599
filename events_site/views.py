"""Pages that belong to no app: errors, what machines ask of any site, and whether it is well."""

from datetime import UTC, datetime, time, timedelta
from functools import partial

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.views.exports import refusal
from events_site.headers import for_machines
from events_site.pages import BadNumber

# RFC 9116 section 2.5.5 asks for less than a year.
SECURITY_TEXT_LASTS = timedelta(days=180)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = str(exception) if isinstance(exception, BadNumber) else ""
    page = partial(render, request, "400.html", {"sentence": sentence}, status=400)
    return refusal(request, _suffix(request), 400, [sentence or _("The request is damaged or too large.")], page)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    page = partial(render, request, "404.html", status=404)
    return refusal(request, _suffix(request), 404, [_("There is nothing at this address.")], page)


def _suffix(request: HttpRequest) -> str:
    """The format that an address asks for by its end."""
    return request.path.rpartition(".")[2]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its token: usually because the browser keeps no cookies."""
    return render(request, "403_csrf.html", status=403)


def without_slash(request: HttpRequest, path: str) -> HttpResponse:
    """Addresses end without a slash; one that has it is redirected for good, if there is such a page."""
    target = "/" + path.strip("/")
    try:
        resolve(target)
    except Resolver404:
        raise Http404 from None
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(iri_to_uri(target) + (f"?{query}" if query else ""))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read (RFC 9309): pages, but no form and no record as data, which holds addresses."""
    return _text(render(request, "robots.txt", {"site_url": settings.SITE_URL}))


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness of the site (RFC 9116). The same all day, so that it can be cached."""
    if not settings.SECURITY_CONTACT:
        return _text(HttpResponse(_("This site names no contact for reports of weaknesses.") + "\n", status=404))
    midnight = datetime.combine(timezone.now().astimezone(UTC).date(), time.min)
    context = {
        "site_url": settings.SITE_URL,
        "contact": settings.SECURITY_CONTACT,
        "expires": f"{midnight + SECURITY_TEXT_LASTS:%Y-%m-%dT%H:%M:%SZ}",
        "language": settings.LANGUAGE_CODE,
    }
    return _text(render(request, "security.txt", context))


def _text(response: HttpResponse) -> HttpResponse:
    response["Content-Type"] = "text/plain; charset=utf-8"
    return for_machines(response, index=False)


def healthz(request: HttpRequest) -> HttpResponse:
    """Alive, without touching anything."""
    return _plain("ok", 200)


def readyz(request: HttpRequest) -> HttpResponse:
    """Able to serve: the database answers and has every migration."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return _plain("database unreachable", 503)
    return _plain("migrations waiting", 503) if waiting else _plain("ready", 200)


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})
