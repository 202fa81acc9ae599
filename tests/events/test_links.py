"""Secret edit links: what one opens, and what it does not."""

import pytest

from events.models import EditLink, Event, Holder
from moderation.models import Deed, Status
from tests.factories import make_event, make_moderator

pytestmark = pytest.mark.django_db


def test_token_is_found_again_and_kept_nowhere():
    link, token = EditLink.objects.make()

    assert EditLink.objects.opened_by(token).get() == link
    assert not EditLink.objects.opened_by(token + "x").exists()
    assert token not in str(EditLink.objects.values())


def test_holder_keeps_the_posts_of_the_link_and_no_other():
    link, token = EditLink.objects.make()
    holder = Holder(link, token)
    own, waiting = make_event(edit_link=link), make_event(edit_link=link, status=Status.HIDDEN, is_held=True)
    make_event(edit_link=link, status=Status.HIDDEN)
    other = make_event(edit_link=EditLink.objects.make()[0])
    unlinked = make_event()

    assert set(Event.objects.editable_by(holder)) == {own, waiting}
    assert own.may_be_kept_by(holder)
    assert not other.may_be_kept_by(holder)
    assert not unlinked.may_be_kept_by(holder)


def test_holder_withdraws_and_puts_back_but_not_what_a_moderator_hid():
    link, token = EditLink.objects.make()
    holder, event = Holder(link, token), make_event(edit_link=link)

    event.withdraw(by=holder)
    assert event.is_withdrawn
    assert event.moderation_log.first().user is None
    event.restore(by=holder)
    assert event.moderation_status == Status.PUBLISHED
    event.hide(by=make_moderator(), reason="Twice.")

    assert event.last_hiding.deed == Deed.HIDE
    assert not event.may_be_restored_by(holder)
    assert not Event.objects.editable_by(holder).exists()
