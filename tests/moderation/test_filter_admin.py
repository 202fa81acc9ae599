import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from collectives.models import Collective, User
from events.models import Event
from moderation.models import ContentFilter, Guideline, ModerationAction, SavedReply
from tests.factories import make_collective, make_event, make_filter, make_moderator, make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:moderation_contentfilter_changelist")
ADD = reverse("admin:moderation_contentfilter_add")
DATA = {"title": "Gambling", "why": "Advertising", "expressions": "casino\npoker", "holds": "on"}


@pytest.fixture
def moderator(client):
    user = make_moderator("mod")
    client.force_login(user)
    return user


def change(content_filter):
    return reverse("admin:moderation_contentfilter_change", args=[content_filter.pk])


def rehearsal(content_filter):
    return reverse("admin:moderation_contentfilter_rehearsal", args=[content_filter.pk])


@pytest.mark.usefixtures("moderator")
def test_moderator_adds_a_filter_switched_off_and_comes_to_its_rehearsal(client):
    response = client.post(
        ADD, DATA | {"fields": ["title", "body"], "expires_on_0": "2040-01-01", "expires_on_1": "0:00"}
    )

    saved = ContentFilter.objects.get()
    assert (saved.title, saved.expressions.split(), saved.fields) == (
        "Gambling",
        ["casino", "poker"],
        ["title", "body"],
    )
    assert (saved.holds, saved.is_active, saved.expires_on.year) == (True, False, 2040)
    assert response["Location"] == rehearsal(saved)


@pytest.mark.usefixtures("moderator")
def test_fields_are_offered_as_checkboxes_of_all_kinds_of_posts(client):
    page = client.get(ADD)

    names = [value for value, _label in page.context["adminform"].form.fields["fields"].choices]
    assert names == list(dict.fromkeys([*Event.content_fields, *Collective.content_fields]))
    assert '<input type="checkbox" name="fields" value="published_by"' in page.content.decode()


@pytest.mark.usefixtures("moderator")
@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"expressions": "fine\n(<b>"}, "expressions", "Expression 2, “(<b>”, is not understood: missing ): (<b>."),
        ({"expressions": ""}, "expressions", "This field is required."),
        ({"expressions": "\n \n"}, "expressions", "This field is required."),
        ({"expressions": ".*"}, "expressions", "Expression 1, “.*”, would match nearly every post."),
        ({"expressions": "word\n" * 501}, "expressions", "At most 500 expressions; there are 501."),
        ({"expressions": "y" * 501}, "expressions", "Expression 1 has 501 characters; 500 are allowed."),
        ({"fields": ["password"]}, "fields", "Select a valid choice. password is not one of the available choices."),
    ],
)
def test_bad_filter_is_refused_at_its_field(client, wrong, field, said):
    page = client.post(ADD, DATA | wrong)

    assert page.status_code == 200
    assert page.context["adminform"].form.errors.get_json_data()[field][0]["message"] == said
    assert "<b>”" not in page.content.decode()
    assert not ContentFilter.objects.exists()


@pytest.mark.usefixtures("moderator")
def test_filter_is_changed_and_its_hits_are_shown(client):
    content_filter = make_filter(hits=12345)

    page = client.get(change(content_filter)).content.decode()
    response = client.post(change(content_filter), DATA | {"is_active": "on", "hits": "0"})

    assert "12345" in page
    assert f'href="{rehearsal(content_filter)}"' in page
    assert response["Location"] == LIST
    content_filter.refresh_from_db()
    assert (content_filter.title, content_filter.hits) == ("Gambling", 12345)
    assert "12345" in client.get(LIST).content.decode()


@pytest.mark.usefixtures("moderator")
def test_rehearsal_shows_as_text_what_would_be_caught(client):
    post = make_event("<script>alert(1)</script>", summary="<p>Grand <img src=x> casino</p>")
    make_event("Picnic")
    content_filter = make_filter("<i>\ncasino", title="<b>bold</b>", is_active=False)

    page = client.get(rehearsal(content_filter)).content.decode()

    assert "would have caught one." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;img src=x&gt; casino" in page
    assert f'href="{post.get_absolute_url()}"' in page
    for markup in ("<script>alert", "<img", "<b>bold", "Picnic"):
        assert markup not in page


@pytest.mark.usefixtures("moderator")
def test_rehearsal_of_a_filter_that_catches_nothing(client):
    make_event("Picnic")
    make_event("Gig")

    page = client.get(rehearsal(make_filter())).content.decode()

    assert "was tried on the latest 2 posts" in page
    assert "would have caught 0." in page
    assert "<table" not in page


@pytest.mark.usefixtures("moderator")
def test_rehearsal_costs_the_same_for_one_find_and_for_many(client, django_assert_max_num_queries):
    content_filter = make_filter()
    for number in range(30):
        make_event(f"Casino {number}")
        make_collective(f"Casino {number}")

    with django_assert_max_num_queries(14):
        client.get(rehearsal(content_filter))


@pytest.mark.usefixtures("moderator")
def test_filter_is_switched_on_and_off_from_its_rehearsal(client):
    content_filter = make_filter(is_active=False)
    states = []
    for value in ("on", "off"):
        assert f'name="is_active" value="{value}"' in client.get(rehearsal(content_filter)).content.decode()
        assert client.post(rehearsal(content_filter), {"is_active": value})["Location"] == LIST
        content_filter.refresh_from_db()
        states.append(content_filter.is_active)

    assert states == [True, False]


def test_filters_are_closed_to_others(client):
    content_filter = make_filter(is_active=False)
    user = make_user(is_staff=True)
    client.force_login(user)

    for page in (LIST, ADD, change(content_filter), rehearsal(content_filter)):
        assert client.get(page).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_contentfilter"))
    assert 'name="is_active"' not in client.get(rehearsal(content_filter)).content.decode()
    assert client.post(rehearsal(content_filter), {"is_active": "on"}).status_code == 403
    content_filter.refresh_from_db()
    assert not content_filter.is_active


@pytest.mark.usefixtures("moderator")
def test_moderator_edits_guidelines_and_saved_replies_and_deletes_none(client):
    for model, data in (
        (Guideline, {"title": "No ads", "position": 1}),
        (SavedReply, {"title": "Ad", "text": "An ad"}),
    ):
        name = model._meta.model_name
        client.post(reverse(f"admin:moderation_{name}_add"), data)
        saved = model.objects.get()
        client.post(reverse(f"admin:moderation_{name}_change", args=[saved.pk]), data | {"title": "Another"})
        saved.refresh_from_db()
        assert saved.title == "Another"
        assert client.get(reverse(f"admin:moderation_{name}_delete", args=[saved.pk])).status_code == 403


# Trust


def act(client, kind, action, *chosen):
    data = {"action": action, "_selected_action": [each.pk for each in chosen]}
    return client.post(reverse(f"admin:collectives_{kind}_changelist"), data)


def test_moderator_trusts_accounts_and_undoes_it_from_the_message(client, moderator):
    users = [make_user(), make_user(is_trusted=True), make_user()]

    act(client, "user", "trust", *users)

    assert User.objects.filter(is_trusted=True).count() == 3
    rows = ModerationAction.objects.order_by("pk")
    assert {(row.deed, row.through, row.user, row.post) for row in rows} == {
        ("trust", "admin", moderator, user) for user in (users[0], users[2])
    }
    page = client.get(reverse("admin:collectives_user_changelist")).content.decode()
    assert "2 may now post without review." in page
    pks = ",".join(str(row.pk) for row in rows)
    assert f'name="undo" value="{pks}"' in page

    client.post(reverse("admin:undo"), {"undo": pks})
    assert list(User.objects.filter(is_trusted=True)) == [users[1]]


@pytest.mark.usefixtures("moderator")
def test_moderator_stops_trusting_a_collective(client):
    collective, other = make_collective(), make_collective()

    act(client, "collective", "distrust", collective)

    assert dict(Collective.objects.values_list("pk", "is_trusted")) == {collective.pk: False, other.pk: True}
    assert "is_trusted" in client.get(reverse("admin:collectives_collective_changelist")).content.decode()


@pytest.mark.usefixtures("moderator")
def test_trust_is_not_given_to_more_than_fifty_at_once(client):
    users = User.objects.bulk_create(User(username=f"flood{number}") for number in range(51))

    act(client, "user", "trust", *users)

    assert not User.objects.filter(is_trusted=True).exists()


def test_trust_is_neither_offered_to_others_nor_given_by_them(client):
    staff, user = make_user(is_staff=True), make_user()
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(staff)

    assert '<option value="trust">' not in client.get(reverse("admin:collectives_user_changelist")).content.decode()
    assert act(client, "user", "trust", user).status_code == 403
    client.post(reverse("admin:collectives_user_change", args=[user.pk]), {"username": "x", "is_trusted": "on"})

    user.refresh_from_db()
    assert not user.is_trusted
    assert not ModerationAction.objects.exists()
