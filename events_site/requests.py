"""What no view should have to expect of a request."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def without_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware that refuses a NUL character in the address or a cookie with 400.

    PostgreSQL takes none in any value, so that a session's key or a filter of the admin would end in a 500. In what
    is posted, the form fields refuse it, beside the field.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        query = unquote_to_bytes(request.META.get("QUERY_STRING", ""))
        if b"\0" in query or any("\0" in text for text in (request.path_info, *request.COOKIES.values())):
            raise BadRequest("NUL character")
        return get_response(request)

    return middleware


def within_limit(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware that refuses a request of more than REQUEST_MAX_SIZE bytes with 413, without reading it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length[:20]) > settings.REQUEST_MAX_SIZE:
            return render(request, "413.html", {"megabytes": settings.REQUEST_MAX_SIZE // 1024**2}, status=413)
        return get_response(request)

    return middleware
