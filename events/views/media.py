"""The files of attachments, for who may see the post."""

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.http import require_safe

from events.models import VERSIONS, Attachment
from events_site.headers import as_media


@require_safe
def media(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """One version of an attachment. It is asked for again each time, so that what was hidden is gone at once."""
    key = request.GET.get("key")
    if key is None:
        attachments = Attachment.objects.filter(name=name).visible_to(request.user)
    else:
        attachments = Attachment.objects.opened_by(name, key)
    attachment = attachments.first()
    if attachment is None:
        raise Http404
    # The name is random, and a file under it never changes.
    etag = quote_etag(f"{name}-{version}")
    response = get_conditional_response(request, etag) or _file(attachment, version)
    response["ETag"] = etag
    if key is not None:
        response["Cache-Control"] = "no-store, private"
    return as_media(response)


def _file(attachment: Attachment, version: str) -> HttpResponse:
    path = attachment.path(version)
    if settings.MEDIA_ACCEL:
        response = HttpResponse(headers={"X-Accel-Redirect": f"{settings.MEDIA_ACCEL}/{path}"})
    else:
        try:
            with default_storage.open(path) as file:
                response = HttpResponse(file.read())
        except FileNotFoundError:
            raise Http404 from None
    response["Content-Type"] = VERSIONS[version]
    disposition = content_disposition_header(not attachment.is_picture, f"flyer-{attachment.event_id or 'draft'}.pdf")
    response["Content-Disposition"] = "inline" if attachment.is_picture else disposition or ""
    return response
