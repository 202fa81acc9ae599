"""Groups and who belongs to them."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from collectives.models import Collective, Membership
from events.models import Event
from events.rails_xml import COLLECTIVE_COLUMNS
from moderation.models import Status
from tests.factories import PASSWORD, make_collective, make_event, make_moderator, make_user

pytestmark = pytest.mark.django_db


def test_collective_has_every_column_of_the_format_under_its_name():
    assert set(COLLECTIVE_COLUMNS) <= {field.attname for field in Collective._meta.concrete_fields}


def test_null_and_empty_about_stay_apart():
    groups = [make_collective(summary=None), make_collective(summary="")]

    assert [Collective.objects.get(pk=group.pk).summary for group in groups] == [None, ""]


# Addresses


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Open House", "open-house"),
        ("  Café & Kino!  ", "cafe-kino"),
        ("1984", "group-1984"),
        ("Кооператив", "group"),
        ("🚲", "group"),
        ("x" * 255, "x" * 60),
        ("a" * 59 + " b", "a" * 59),
    ],
)
def test_address_is_made_of_the_name(name, slug):
    assert make_collective(name).slug == slug


def test_same_name_gets_another_address():
    slugs = [make_collective("Open House").slug for _ in range(3)]

    assert slugs == ["open-house", "open-house-2", "open-house-3"]


def test_address_that_begins_alike_is_no_obstacle():
    make_collective("Open House Hackney")

    assert make_collective("Open House").slug == "open-house"


def test_address_stays_when_the_name_changes():
    group = make_collective("Open House")
    group.name = "Closed House"
    group.save()

    assert group.get_absolute_url() == "/groups/open-house"


@pytest.mark.parametrize(
    ("columns", "is_refused"),
    [
        ({"slug": "27"}, True),
        ({"slug": "0"}, True),
        ({"slug": "27a"}, False),
        ({"slug": "2-7"}, False),
        ({"slug": "taken"}, True),
        ({"slug": None}, True),
        ({"name": None}, True),
        ({"moderation_status": "deleted"}, True),
        ({"moderation_status": "hidden"}, False),
    ],
)
def test_database_refuses_what_must_never_be(columns, is_refused):
    make_collective(slug="taken")
    group = make_collective()

    try:
        with transaction.atomic():
            Collective.objects.filter(pk=group.pk).update(**columns)
        refused = False
    except IntegrityError:
        refused = True

    assert refused == is_refused


# Members


def test_database_refuses_a_membership_twice():
    member = make_user()
    group = make_collective(members=(member,))

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=member, collective=group, role=Membership.Role.ADMINISTRATOR)


def test_database_refuses_an_unknown_role():
    make_collective(members=(make_user(),))

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.update(role="king")


def test_membership_ends_with_the_account_or_the_group_and_nothing_else_does():
    leaver, stayer = make_user(), make_user()
    group, closed = make_collective(members=(leaver, stayer)), make_collective(members=(stayer,))
    event = make_event(user=leaver, collective=closed)

    leaver.delete()
    closed.delete()

    assert list(Membership.objects.values_list("user", "collective")) == [(stayer.pk, group.pk)]
    assert Event.objects.filter(pk=event.pk).exists()


def test_is_member_of_asks_for_this_group():
    member = make_user()
    group, other = make_collective(members=(member,)), make_collective(members=(make_user(),))

    assert [member.is_member_of(collective) for collective in (group, other, None)] == [True, False, False]


def test_with_member_lists_public_groups_of_a_person():
    member = make_user()
    mine = [make_collective(f"Group {number}", members=(member, make_user())) for number in range(2)]
    make_collective(members=(make_user(),))
    make_collective(members=(member,), moderation_status=Status.HIDDEN)

    listed = [list(Collective.objects.with_member(user)) for user in (member, make_user(), AnonymousUser())]

    assert listed == [mine, [], []]


def test_posting_lists_each_group_of_these_events_once():
    active, quiet = make_collective("Active"), make_collective("Quiet")
    make_event(collective=active)
    make_event(collective=active)
    make_event(collective=quiet, status=Status.HIDDEN)
    make_event()

    assert list(Collective.objects.posting(Event.objects.visible())) == [active]


def test_each_list_has_its_statuses():
    groups = {status: make_collective(moderation_status=status) for status in Status}

    assert list(Collective.objects.visible()) == [groups[status] for status in Status if status != Status.HIDDEN]
    assert list(Collective.objects.visible_to(make_moderator())) == list(groups.values())
    assert list(Collective.objects.visible_to(make_user())) == list(Collective.objects.visible())


# Accounts


def test_account_has_a_signature_that_is_not_its_login():
    assert make_user("amy").signature == "moderators"


def test_closed_account_cannot_log_in():
    user = make_user("amy")
    assert authenticate(username="amy", password=PASSWORD) == user
    user.is_active = False
    user.save()

    assert authenticate(username="amy", password=PASSWORD) is None
