"""How a venue is printed."""

from django import template

register = template.Library()


@register.filter
def name_and_address(place: str) -> tuple[str, str]:
    """A venue and its address, typed as one line, as the name and what follows its comma.

    A number before the comma is no name ("22, High Street"): all of it is the name then.
    """
    name, _comma, address = place.partition(",")
    if not any(letter.isalpha() for letter in name):
        return place, ""
    return name.strip(), address.strip()
