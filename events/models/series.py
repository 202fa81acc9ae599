"""Series: the dates of one repeating event."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EventGroup(models.Model):
    """The dates of one repeating event, as the format's `event-group-id` ties them."""

    created_on = models.DateTimeField(_("posted"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
