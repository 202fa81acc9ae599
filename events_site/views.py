"""Pages that belong to no app: errors, and whether the site is well."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from events.views.exports import refusal


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 400, [_("The request is damaged or too large.")], "400.html")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, 404, [_("There is nothing at this address.")], "404.html")


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
