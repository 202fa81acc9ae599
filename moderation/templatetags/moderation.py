from typing import Any

from django import template

register = template.Library()


@register.filter
def undo_of(message: Any) -> str:
    """The numbers of the deeds that a message tells of, for the button that undoes them."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix("undo:") for tag in tags if tag.startswith("undo:")), "")


@register.filter
def field_label(post: Any, name: str) -> str:
    """What a field of a post is called."""
    field = post._meta.get_field(name)
    return str(field.related_model._meta.verbose_name_plural if field.one_to_many else field.verbose_name)


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)
