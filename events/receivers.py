"""What events forget when an account is deleted."""

import html
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Replace
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from collectives.models import User
from events.models import Event


@receiver(pre_delete, sender=User)
def forget_the_author(sender: type[User], instance: User, **kwargs: Any) -> None:
    """The history of a post names the account that made it."""
    name = Value(f"Created by: {html.escape(instance.get_username())}.")
    nobody = Value("Created by: AnonymousUser.")
    Event.objects.filter(user=instance).update(admin_note=Replace(F("admin_note"), name, nobody))
