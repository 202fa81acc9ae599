"""The addresses of a list."""

from django import template

from events.listing import Listing

register = template.Library()


@register.filter
def address(listing: Listing, suffix: str) -> str:
    """That of a format of the list."""
    return listing.address(suffix)


@register.filter
def webcal(listing: Listing) -> str:
    """What opens the calendar program of a device to subscribe to the list."""
    return "webcal:" + listing.url("ics").partition(":")[2]
