"""What hangs on a post goes with it: its place in the queue, reports, earlier versions. The log stays."""

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete
from django.dispatch import receiver

from moderation.models import Moderated, Report, Revision


@receiver(post_delete)
def forget_post(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    if issubclass(sender, Moderated):
        instance.leave_queue()
        for model in (Report, Revision):
            model.objects.of(instance).delete()
