"""Lists of other things than events, for other programs: groups, topics, areas, and what moderators did."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from collectives.models import GROUPS_PAGE, Collective
from events.models import Event
from events.serializers import collective_attributes, collective_json, log_json, term_json
from events.views.exports import export_records
from events.views.lists import MOST_TERMS, TERMS
from events_site.pages import number_in, numbered_page
from moderation.models import ModerationAction


@require_safe
def groups(request: HttpRequest, suffix: str) -> HttpResponse:
    """The groups of the page; as XML, Rails' array of what the XML of each says."""
    page = numbered_page(request, Collective.objects.visible().featured_first(), GROUPS_PAGE)
    name, written = {"json": ("groups", collective_json), "xml": ("collectives", collective_attributes)}[suffix]
    changes = [group.updated_on for group in page.rows]
    records = [written(group) for group in page.rows]
    return export_records(request, suffix, _("Groups"), name, records, following=page.next_query, changes=changes)


@require_safe
def term_list(request: HttpRequest, kind: str) -> HttpResponse:
    """All topics or areas that something visible has, with how much is coming up soon."""
    model, heading = TERMS[kind]
    visible = Event.objects.visible()
    # Two may have the same name.
    terms = model.objects.of_some(visible).order_by("name", "pk")
    page = numbered_page(request, terms, MOST_TERMS, read=lambda rows: rows.counted_in(visible.soon()))
    records = [term_json(term) for term in page.rows]
    return export_records(request, "json", str(heading), f"{kind}s", records, following=page.next_query)


@require_safe
def hidden(request: HttpRequest) -> HttpResponse:
    """The public moderation log: of a post its kind, and nothing by which to find it."""
    if not settings.PUBLIC_MODERATION_LOG:
        raise Http404
    actions, following = ModerationAction.objects.public_page(before=number_in(request, "before"))
    return export_records(
        request,
        "json",
        _("What moderators did"),
        "log",
        [log_json(action) for action in actions],
        following=f"before={following}" if following else "",
        changes=[action.created_on for action in actions],
    )
