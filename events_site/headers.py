"""The headers that every response carries, and those of answers for machines."""

from collections.abc import Callable
from wsgiref.headers import Headers

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware import gzip, http

_FEATURES = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media "
    "fullscreen gamepad geolocation gyroscope hid idle-detection local-fonts magnetometer microphone midi payment "
    "picture-in-picture publickey-credentials-get screen-wake-lock serial usb xr-spatial-tracking"
)
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in _FEATURES.split())
EMBED_POLICY = "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors *"
MACHINE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


class HeadersMiddleware:
    """Isolates every page from other sites and keeps personal ones out of every cache.

    A public page may be stored but is asked for again each time, so that a post that was hidden is gone at the
    next request; a page made for one person is not stored at all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        # Django's middlewares set these three too, but never see what is answered outside of them: a static file,
        # the redirect to https, the refusal of an unknown host.
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if not getattr(response, "xframe_options_exempt", False):
            headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if response.cookies or settings.SESSION_COOKIE_NAME in request.COOKIES:
            headers["Cache-Control"] = "no-store, private"
        else:
            headers.setdefault("Cache-Control", "no-cache")
        return response


class GZipMiddleware(gzip.GZipMiddleware):
    """Compresses text; pictures and documents are compressed already."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith(("image/", "application/pdf")):
            return response
        return super().process_response(request, response)


class ConditionalGetMiddleware(http.ConditionalGetMiddleware):
    """Compares contents, not dates, and says in a 304 again what the whole answer says of where it may be shown.

    The date of a list goes back when its newest post is hidden: by `If-Modified-Since` readers would keep what they
    have. Only a view that knows better may answer to it.

    Browsers put the headers of a 304 in the place of those they stored: with those of a page of this site, a page for
    frames would be refused the second time.
    """

    kept = ("Access-Control-Allow-Origin", "Content-Security-Policy", "Cross-Origin-Resource-Policy", "X-Robots-Tag")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        changed = response.headers.get("Last-Modified")
        del response.headers["Last-Modified"]
        answer = super().process_response(request, response)
        if changed:
            answer["Last-Modified"] = changed
        if answer is not response:
            for name in self.kept:
                if name in response:
                    answer[name] = response[name]
            if hasattr(response, "xframe_options_exempt"):
                answer.xframe_options_exempt = response.xframe_options_exempt  # type: ignore[attr-defined]
        return answer


def for_machines(response: HttpResponse, *, index: bool = True) -> HttpResponse:
    """Marks `response` as data: readable by other sites' scripts, inert when opened as a page.

    With `index=False` search engines are asked to leave it out.
    """
    response["Content-Security-Policy"] = MACHINE_POLICY
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    if not index:
        response["X-Robots-Tag"] = "noindex"
    return response


def for_frames(response: HttpResponse) -> HttpResponse:
    """Marks a page that other sites may show in a frame: it has a style sheet and links, and nothing else works."""
    response["Content-Security-Policy"] = EMBED_POLICY
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Robots-Tag"] = "noindex"
    response.xframe_options_exempt = True
    return response


def of_static_file(headers: Headers, path: str, url: str) -> None:
    """Lets the style sheet of those pages load where the other site sandboxes the frame, which gives it no origin."""
    if url.startswith(f"{settings.STATIC_URL}css/embed."):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def as_media(response: HttpResponse) -> HttpResponse:
    """Marks a file that somebody uploaded: for pages of this site only, inert when opened by itself."""
    response["Content-Security-Policy"] = MACHINE_POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def leaving(response: HttpResponse) -> HttpResponse:
    """Marks the answer to a logout: the browser forgets what it stored for this site."""
    response["Clear-Site-Data"] = '"cookies", "storage"'
    return response
