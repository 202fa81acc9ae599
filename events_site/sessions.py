"""Sessions in the database. A session marked with ENDS_WHEN_IDLE is over some hours after it was last used."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.utils import timezone

ENDS_WHEN_IDLE = "ends_when_idle"


class SessionStore(db.SessionStore):
    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """How long the server knows it. When the browser forgets it is another matter, and stays as it was."""
        date: datetime = super().get_expiry_date(**kwargs)
        if self.get(ENDS_WHEN_IDLE):
            return min(date, timezone.now() + timedelta(seconds=settings.MODERATOR_IDLE_SECONDS))
        return date
