"""What goes with an account, however it is deleted."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from collectives.models import User


@receiver(pre_delete, sender=User)
def forget_in_the_log_of_the_admin(sender: type[User], instance: User, **kwargs: Any) -> None:
    """Django's log keeps the name of what was changed."""
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(instance.pk))
    about.update(object_repr="", change_message="")
