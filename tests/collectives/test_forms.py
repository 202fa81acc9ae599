"""The form of a collective."""

import pytest

from collectives.forms import CollectiveForm
from tests.factories import make_collective

pytestmark = pytest.mark.django_db


def errors(form) -> dict[str, list[str]]:
    return {name: list(messages) for name, messages in form.errors.items()}


def group_form(group, **typed) -> CollectiveForm:
    return CollectiveForm(
        {"name": group.name, "slug": group.slug, "summary": group.summary or "", **typed}, instance=group
    )


def test_what_is_typed_about_a_group_becomes_clean_html():
    group = make_collective()

    group_form(group, summary="We *meet* <script>alert(1)</script>").save()

    assert group.summary == "<p>We <em>meet</em> alert(1)</p>"


def test_imported_text_that_was_not_touched_keeps_its_bytes():
    imported = '<p class="x">About<br/>us</p>\r\n<font>Old</font>'
    group = make_collective(summary=imported)

    group_form(group, name="New name").save()

    group.refresh_from_db()
    assert (group.name, group.summary) == ("New name", imported)


def test_text_about_a_group_can_be_emptied():
    group = make_collective(summary="<p>Old</p>")

    group_form(group, summary="").save()

    assert group.summary is None


@pytest.mark.parametrize(
    ("typed", "errors_"),
    [
        ({"name": ""}, {"name": ["This field is required."]}),
        ({"name": "Two\nlines"}, {"name": ["Write this on one line."]}),
        ({"name": "Bell\x07"}, {"name": ["Take out the invisible control character after “Bell”."]}),
        ({"slug": "27"}, {"slug": ["The address needs at least one letter."]}),
        ({"slug": "taken"}, {"slug": ["Collective with this Address already exists."]}),
        ({"summary": "x" * 5001}, {"summary": ["Keep this under 5000 letters; it has 5001."]}),
    ],
)
def test_bad_input_is_answered_at_its_field(typed, errors_):
    make_collective(slug="taken")

    assert errors(group_form(make_collective(), **typed)) == errors_


def test_form_takes_nothing_that_it_does_not_ask():
    group = make_collective()
    before = {field.attname: getattr(group, field.attname) for field in group._meta.concrete_fields}

    group_form(group, id="77", moderation_status="featured", created_on="2001-01-01 00:00", image="x").save()

    group.refresh_from_db()
    after = {field.attname: getattr(group, field.attname) for field in group._meta.concrete_fields}
    assert after == {**before, "updated_on": group.updated_on, "version": 2}
