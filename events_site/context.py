from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page knows of the site."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "public_moderation_log": settings.PUBLIC_MODERATION_LOG,
        "moderation_policy": settings.MODERATION_POLICY,
        "time_zone_name": "" if settings.TIME_ZONE == "UTC" else settings.TIME_ZONE.replace("_", " "),
    }
