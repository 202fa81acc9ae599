"""The output filters of events_site.sanitizing, for templates."""

from django import template

from events_site import sanitizing

register = template.Library()
register.filter("sanitized", sanitizing.sanitized, is_safe=True)
register.filter("plain_text", sanitizing.plain_text)
register.filter("json_in_html", sanitizing.json_in_html, is_safe=True)
