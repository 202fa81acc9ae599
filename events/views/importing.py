"""Importing a calendar into a group."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from collectives.group_views import for_administrators, sent
from collectives.models import Collective
from events.forms.importing import ImportForm
from events.ics_importer import CalendarImport, Outcome, sections
from events_site import limits


@require_http_methods(["GET", "HEAD", "POST"])
@for_administrators
def import_calendar(request: HttpRequest, collective: Collective) -> HttpResponse:
    """Shows what a calendar would do before anything is published, and afterwards what it did."""
    form = ImportForm(*sent(request), collective=collective, client=limits.client(request))
    context: dict[str, Any] = {"form": form, "collective": collective}
    if form.is_valid():
        user: Any = request.user
        calendar = CalendarImport(form.found, collective, user)
        if form.is_meant:
            context["sections"] = sections(calendar.carry_out(), is_done=True)
            return render(request, "events/import_report.html", context)
        results = calendar.preview()
        context["sections"] = sections(results, is_done=False)
        context["can_publish"] = any(each.outcome in (Outcome.CREATED, Outcome.UPDATED) for each in results)
    return limits.answered(render(request, "events/import_calendar.html", context), form.retry_after)
