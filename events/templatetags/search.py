"""Words that were searched for, marked in plain text."""

from django import template

from events import search

register = template.Library()
register.filter("highlighted", search.highlighted)
register.filter("excerpt", search.excerpt)
