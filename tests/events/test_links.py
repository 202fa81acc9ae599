"""Secret edit links: what one opens, how it is had, and that it is found nowhere else."""

import logging
import time
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import MD5PasswordHasher, check_password
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from lxml import html

from events.forms import PublishForm
from events.models import EditLink, Event, Holder
from events_site.guards import FormToken
from events_site.logs import WithoutTokens
from moderation import emails
from moderation.models import Deed, QueueEntry, Status
from tests.concurrency import at_once
from tests.factories import make_event, make_moderator, make_user
from tests.test_security import rows

pytestmark = pytest.mark.django_db

ADDRESS = "amy.canary@example.org"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_time_trap(settings):
    settings.FORM_MIN_SECONDS = -1


def filled_in(**typed) -> dict[str, str]:
    day = timezone.localdate() + 2 * DAY
    form = {"title": "Open picnic", "summary": "Bring a friend.", "date_0": f"{day:%Y-%m-%d}", "date_1": "15:00"}
    return {**form, "form_token": str(FormToken.new()), **typed}


def make_kept(**fields) -> tuple[Event, str]:
    """An event with an edit link, and the link's address."""
    link, token = EditLink.objects.make()
    return make_event(edit_link=link, **fields), f"/edit/{token}"


def words(response) -> str:
    return " ".join(html.fromstring(response.content).find(".//main").text_content().split())


def links(response) -> list[str]:
    return html.fromstring(response.content).xpath("//main//a/@href")


def rows_of(response) -> list[str]:
    page = html.fromstring(response.content)
    return [" ".join(row.text_content().split()) for row in page.xpath("//li[@class='row']/p[@class='row__meta']")]


def sent_mails() -> list[mail.EmailMessage]:
    wait(emails._waiting)
    return mail.outbox


# What a link is


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


# How it is had


def test_post_without_an_account_leads_to_its_edit_link(client):
    posted = client.post("/events/new", filled_in(), follow=True)

    address = posted.redirect_chain[-1][0].removesuffix("/posted")
    [shown] = html.fromstring(posted.content).xpath("//textarea[@readonly]/text()")
    assert shown == django_settings.SITE_URL + address
    assert "“Open picnic” is on the site now." in words(posted)
    assert "It is shown only now." in words(posted)
    later = client.get(address)
    assert (later.status_code, html.fromstring(later.content).xpath("//textarea[@readonly]")) == (200, [])
    assert Event.objects.get().edit_link == EditLink.objects.opened_by(address.split("/")[2]).get()


def test_receipt_of_a_withdrawn_post_does_not_say_that_moderators_hid_it(client):
    receipt = client.post("/events/new", filled_in()).url
    event = Event.objects.get()

    client.post(receipt.replace("/posted", f"/{event.pk}/withdraw"), {"do": "withdraw"})

    assert "You took this post down." in words(client.get(receipt))
    event.refresh_from_db()
    event.hide(by=make_moderator(), reason="Twice.")
    assert "Moderators have hidden this post." in words(client.get(receipt))


def test_post_under_an_account_has_no_link_and_one_beside_it_has(client):
    client.force_login(make_user("amy"))

    under = client.post("/events/new", filled_in())
    beside = client.post("/events/new", filled_in(title="Gig", without_account="on"))

    assert under.url.startswith("/events/posted/")
    assert beside.url.startswith("/edit/")
    posts = Event.objects.order_by("pk")
    assert [(post.user is None, post.edit_link is None) for post in posts] == [(False, True), (True, False)]


@pytest.mark.django_db(transaction=True)
def test_same_form_five_times_at_once_is_one_post_with_one_link():
    data = filled_in()

    addresses = at_once(*[lambda: Client().post("/events/new", data).url] * 5)

    assert (Event.objects.count(), EditLink.objects.count(), len(set(addresses))) == (1, 1, 1)
    assert Client().get(addresses[0]).status_code == 200


def test_same_form_after_the_link_was_renewed_shows_no_link(client):
    data = filled_in()
    first = client.post("/events/new", data).url
    client.post(first.replace("/posted", "/renew"))

    assert client.post("/events/new", data).url.startswith("/events/posted/")
    assert client.get(first).status_code == 404


def test_form_of_a_deleted_post_can_be_sent_again(client):
    data = filled_in()
    first = client.post("/events/new", data).url
    Event.objects.all().delete()

    assert client.post("/events/new", data).url == first
    assert Event.objects.count() == 1


def test_what_is_stored_opens_nothing():
    form = PublishForm(filled_in())
    assert form.is_valid()
    event = form.publish()

    key, token = form.token.key, form.edit_token
    assert EditLink.objects.opened_by(token).exists()
    assert [secret for secret in (key, token) if secret in repr(rows())] == []
    for stored in (event.edit_link.token_hash, event.submission_key.hex, str(event.submission_key), key):
        assert Client().get(f"/edit/{stored}").status_code == 404


def test_receipt_is_good_for_a_day(client, time_machine):
    time_machine.move_to(datetime(2026, 6, 10, 12, tzinfo=UTC), tick=False)
    client.force_login(make_user())
    receipt = client.post("/events/new", filled_in()).url

    time_machine.shift(DAY - timedelta(minutes=1))
    assert client.get(receipt).status_code == 200
    time_machine.shift(timedelta(minutes=2))
    assert client.get(receipt).status_code == 404


# What it opens


def test_link_shows_the_posts_upcoming_first_with_what_can_be_done(client):
    now = timezone.now()
    coming, address = make_kept(title="Coming", date=now + DAY)
    make_event("Later", edit_link=coming.edit_link, date=now + 2 * DAY)
    make_event("Over", edit_link=coming.edit_link, date=now - DAY)
    make_event("Of others")

    page = client.get(address)

    titles = html.fromstring(page.content).xpath("//h2[@class='row__title']//bdi/text()")
    assert titles == ["Coming", "Later", "Over"]
    own = f"{address}/{coming.pk}"
    assert {coming.get_absolute_url(), f"{own}/edit", f"{own}/cancel", f"{own}/withdraw"} <= {*links(page)}
    assert [link for link in links(page) if not link.startswith("/")] == []


def test_link_says_why_a_post_is_hidden_and_lets_nobody_edit_it(client):
    event, address = make_kept()
    event.hide(by=make_moderator("loginname"), reason="Posted <twice>", note="secret")

    page = client.get(address)

    assert rows_of(page) == ["hidden by moderators: Posted <twice>"]
    assert [text for text in ("secret", "loginname") if text in page.content.decode()] == []
    paths = ("", "/edit", "/cancel", "/withdraw")
    assert [client.get(f"{address}/{event.pk}{path}").status_code for path in paths] == [404] * 4


@pytest.mark.parametrize("state", [{"status": Status.PENDING}, {"status": Status.HIDDEN, "is_held": True}])
def test_what_waits_for_a_moderator_is_seen_and_edited_through_the_link_alone(client, settings, state):
    settings.MODERATION_POLICY = "review"
    event, address = make_kept(title="Picnic", body="<p>As it waits.</p>", public_since=None, **state)

    page = client.get(address)

    [own] = [link for link in links(page) if link == f"{address}/{event.pk}"]
    assert "As it waits." in words(client.get(own))
    assert client.get(f"{own}/edit").status_code == 200
    assert client.get(event.get_absolute_url()).status_code == 404


def test_edit_through_the_link_leads_back_to_it(client):
    event, address = make_kept(title="Picnic")
    form = f"{address}/{event.pk}/edit"

    back = links(client.get(form))
    preview = client.post(form, filled_in(title="Gig", preview="1"))
    saved = client.post(form, filled_in(title="Gig"))

    event.refresh_from_db()
    assert back[0] == address
    assert "This is how it will look." in words(preview)
    assert (saved.url, event.title, event.user) == (f"{address}/changed", "Gig", None)
    assert "Your change is saved." in words(client.get(saved.url))
    assert "Your change is saved." not in words(client.get(address))


def test_withdrawing_and_putting_back_through_the_link(client):
    event, address = make_kept()
    deed = f"{address}/{event.pk}/withdraw"

    assert address in links(client.get(deed))
    assert client.post(deed, {"do": "withdraw"}).url == address
    assert rows_of(client.get(address)) == ["withdrawn"]
    assert "Put it back" in client.get(address).content.decode()
    client.post(deed, {"do": "restore"})

    event.refresh_from_db()
    assert event.is_public


def test_post_that_was_withdrawn_can_be_sent_again_as_it_was(client):
    first = client.post("/events/new", filled_in()).url
    event = Event.objects.get()
    client.post(f"{first.removesuffix('/posted')}/{event.pk}/withdraw", {"do": "withdraw"})

    second = client.post("/events/new", filled_in()).url

    assert "is on the site now" in words(client.get(second))
    assert Event.objects.visible().exclude(pk=event.pk).count() == 1


def test_dates_after_the_next_three_are_folded_away(client):
    link, token = EditLink.objects.make()
    for number in range(1, 6):
        make_event(f"Day {number}", edit_link=link, date=timezone.now() + number * DAY)

    page = html.fromstring(client.get(f"/edit/{token}").content)

    titles = "//h2[@class='row__title']//bdi/text()"
    assert page.xpath(f"//ol[not(ancestor::details)]{titles}") == ["Day 1", "Day 2", "Day 3"]
    assert page.xpath("//main//details/summary/text()") == ["2 further dates"]
    assert page.xpath(f"//main//details{titles}") == ["Day 4", "Day 5"]


def test_receipt_of_a_series_says_how_it_repeats_and_leads_to_its_dates(client):
    receipt = client.get(client.post("/events/new", filled_in(repeat="days", repeat_count="4")).url)

    assert "Every day at 15:00" in words(receipt)
    assert Event.objects.first().event_group.get_absolute_url() in links(receipt)


@pytest.mark.parametrize("deed", ["cancel", "withdraw"])
def test_date_that_is_meant_is_named_before_it_is_cancelled_or_withdrawn(client, deed):
    event, address = make_kept(date=datetime(2126, 12, 12, 19, 30, tzinfo=UTC))

    assert "Thursday 12 December 2126, 19:30" in words(client.get(f"{address}/{event.pk}/{deed}"))


def test_link_opens_no_post_of_another_link(client):
    address, other = make_kept()[1], make_kept()[0]

    for path in ("", "/edit", "/cancel", "/withdraw"):
        assert client.get(f"{address}/{other.pk}{path}").status_code == 404
        assert client.post(f"{address}/{other.pk}{path}", {"do": "withdraw"}).status_code in (404, 405)


@pytest.mark.parametrize("number", [1, 5])
def test_link_costs_the_same_with_many_dates(client, django_assert_num_queries, number):
    event, address = make_kept()
    for _ in range(number):
        make_event(edit_link=event.edit_link)
    event.hide(by=make_moderator(), reason="Twice")
    client.get(address)

    with django_assert_num_queries(2):
        client.get(address)


# How it ends


def test_link_works_until_30_days_after_the_last_date_and_is_pruned(client, time_machine):
    now = datetime(2026, 6, 10, 12, tzinfo=UTC)
    time_machine.move_to(now, tick=False)
    event, address = make_kept(date=now + DAY)
    make_event(edit_link=event.edit_link, date=now + 7 * DAY, end_date=now + 8 * DAY)

    assert "It works until 18 July 2026." in words(client.get(address))
    time_machine.move_to(now + 37 * DAY, tick=False)
    call_command("prune")
    assert client.get(address).status_code == 200
    time_machine.move_to(now + 39 * DAY, tick=False)
    assert client.get(address).status_code == 404
    call_command("prune")

    assert EditLink.objects.count() == 0
    assert Event.objects.filter(edit_link=None).count() == 2


@pytest.mark.parametrize(("days", "status"), [(29, 200), (31, 404)])
def test_without_a_date_it_counts_from_the_posting(client, days, status):
    address = make_kept(date=None, created_on=timezone.now() - days * DAY)[1]

    assert client.get(address).status_code == status


def test_renewed_link_is_another_and_the_old_one_is_dead(client):
    event, address = make_kept()

    assert "no longer works" in words(client.get(f"{address}/renew"))
    renewed = client.post(f"{address}/renew").url

    assert client.get(address).status_code == 404
    [shown] = html.fromstring(client.get(renewed).content).xpath("//textarea[@readonly]/text()")
    assert client.get(shown.removeprefix(django_settings.SITE_URL) + f"/{event.pk}/edit").status_code == 200


def test_link_is_made_invalid_and_the_post_stays(client):
    event, address = make_kept()

    assert client.get(f"{address}/revoke").status_code == 200
    assert client.get(address).status_code == 200
    done = client.post(f"{address}/revoke", follow=True)

    assert "The link is invalid now." in words(done)
    assert [client.get(address + path).status_code for path in ("", f"/{event.pk}/edit", "/revoke")] == [404] * 3
    assert client.get(event.get_absolute_url()).status_code == 200


def test_dead_link_says_what_to_do_and_costs_one_query(client, django_assert_num_queries):
    make_kept()

    for guess in ("x", "x" * 43, "a%ffb", "%f0%9f%9a%b2", "x" * 3000):
        with django_assert_num_queries(1):
            page = client.get(f"/edit/{guess}")
        assert page.status_code == 404
        assert links(page)[0] == "/edit/lost"
        assert "no-store" in page["Cache-Control"]


# Moving it to an account


def test_who_is_logged_in_moves_the_post_to_the_account(client):
    event, address = make_kept(status=Status.PENDING)
    other = make_event(edit_link=event.edit_link)
    user = make_user("amy")
    client.force_login(user)

    assert f"{address}/claim" in links(client.get(address))
    assert "XML" in words(client.get(f"{address}/claim"))
    done = client.post(f"{address}/claim")

    assert done.url == "/account"
    for before in (event, other):
        after = Event.objects.get(pk=before.pk)
        assert (after.user, after.edit_link, after.version) == (user, None, before.version + 1)
        assert (after.moderation_status, after.admin_note) == (before.moderation_status, before.admin_note)
    assert EditLink.objects.count() == 0
    assert QueueEntry.objects.of(event).exists()
    assert client.get(address).status_code == 404
    assert client.get(f"/events/{event.pk}/edit").status_code == 200


def test_without_an_account_nothing_is_moved(client):
    event, address = make_kept()

    assert f"{address}/claim" not in links(client.get(address))
    assert client.post(f"{address}/claim").url == address
    event.refresh_from_db()
    assert event.edit_link is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_it_at_once_one_gets_it():
    event, address = make_kept()
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(make_user())

    answers = at_once(*[lambda client=client: client.post(f"{address}/claim").status_code for client in clients])

    event.refresh_from_db()
    assert sorted(answers) == [302, 404]
    assert event.user is not None


# By mail


def test_link_is_mailed_and_of_the_address_only_a_hash_is_kept(client, django_capture_on_commit_callbacks):
    event, address = make_kept(title="https://spam.example")

    with django_capture_on_commit_callbacks(execute=True):
        data = {"email": ADDRESS.title(), "form_token": str(FormToken.new())}
        answer = client.post(f"{address}/mail", data, follow=True)

    [message] = sent_mails()
    assert "The link is on its way to you." in words(answer)
    assert (message.to, message.subject) == ([ADDRESS], "[The Noticeboard] Your edit link")
    assert [word for word in message.body.split() if "://" in word] == [django_settings.SITE_URL + address]
    assert "spam" not in message.body
    assert check_password(ADDRESS, EditLink.objects.get().contact_hash)
    assert [secret for secret in (ADDRESS, "canary", address.split("/")[2]) if secret in repr(rows()).lower()] == []
    assert event.edit_link == EditLink.objects.get()


@pytest.mark.parametrize("typed", ["", "amy", "amy@", "amy@example.org\r\nBcc: x@example.org", "a@b.c," + ADDRESS])
def test_wrong_address_is_answered_beside_the_field(client, typed):
    address = make_kept()[1]

    page = client.post(f"{address}/mail", {"email": typed, "form_token": str(FormToken.new())})

    assert page.status_code == 200
    assert html.fromstring(page.content).xpath("//*[@id='id_email_error']/p")
    assert sent_mails() == []


def ask_for_lost(client, event: str, email: str):
    data = {"event": event, "email": email, "form_token": str(FormToken.new())}
    return client.post("/edit/lost", data, follow=True)


def test_lost_link_is_replaced_by_a_new_one_for_who_had_it_mailed(client, django_capture_on_commit_callbacks):
    event, address = make_kept()
    event.edit_link.remember_contact(ADDRESS)

    with django_capture_on_commit_callbacks(execute=True):
        ask_for_lost(client, f"https://example.org/events/{event.pk}", ADDRESS.upper())

    [message] = sent_mails()
    [link] = [word for word in message.body.split() if "://" in word]
    assert message.to == [ADDRESS]
    assert client.get(address).status_code == 404
    assert client.get(link.removeprefix(django_settings.SITE_URL) + f"/{event.pk}/edit").status_code == 200


def test_answer_is_the_same_whether_it_matched_or_not(client, django_capture_on_commit_callbacks, monkeypatch):
    event, unmailed = make_kept()[0], make_kept()[0]
    event.edit_link.remember_contact(ADDRESS)
    asked = [(event.pk, ADDRESS), (event.pk, "x@example.org"), (unmailed.pk, ADDRESS), (make_event().pk, ADDRESS)]
    hashed, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args))

    answers, costs = set(), []
    with django_capture_on_commit_callbacks(execute=True):
        for pk, email in [*asked, (10**17, ADDRESS)]:
            before = len(hashed)
            answers.add(words(ask_for_lost(client, str(pk), email)))
            costs.append(len(hashed) - before)

    assert len(answers) == 1
    assert costs == [1] * 5
    assert len(sent_mails()) == 1


@pytest.mark.parametrize("typed", ["", "x", "0x5", "-5", "5 6", "٥", "9" * 30, "/events/", "/events/new"])
def test_event_that_is_none_is_answered_beside_the_field(client, typed):
    page = ask_for_lost(client, typed, ADDRESS)

    assert page.status_code == 200
    assert html.fromstring(page.content).xpath("//*[@id='id_event_error']/p")


@pytest.mark.parametrize("typed", ["5", " 5 ", "/events/5", "https://example.org/events/5?x=y", "/events/5.xml"])
def test_event_is_named_by_number_or_address(client, typed):
    assert "a new one is on its way" in words(ask_for_lost(client, typed, ADDRESS))


def test_machine_that_fills_in_the_trap_or_is_too_quick_mails_nothing(client, settings):
    event = make_kept()[0]
    event.edit_link.remember_contact(ADDRESS)
    data = {"event": event.pk, "email": ADDRESS, "form_token": str(FormToken.new())}

    trapped = client.post("/edit/lost", {**data, "website": "x"})
    settings.FORM_MIN_SECONDS = 3
    quick = client.post("/edit/lost", {**data, "form_token": str(FormToken("x", time.time(), time.time()))})

    assert (trapped.status_code, quick.status_code, len(sent_mails())) == (200, 200, 0)
    assert EditLink.objects.get().token_hash == event.edit_link.token_hash


@pytest.mark.parametrize("page", ["/edit/lost", "{}/mail"])
def test_same_form_sent_again_to_another_address_counts_again(client, page):
    event, address = make_kept()
    data = {"event": event.pk, "form_token": str(FormToken.new())}

    codes = [
        client.post(page.format(address), {**data, "email": f"guess{number}@example.org"}).status_code
        for number in range(7)
    ]

    assert codes == [302] * 5 + [429] * 2


def test_page_of_a_post_without_an_account_tells_of_the_way_to_a_lost_link(client):
    event, under = make_kept()[0], make_event(user=make_user())

    assert f"/edit/lost?event={event.pk}" in links(client.get(event.get_absolute_url()))
    assert b"/edit/lost" not in client.get(under.get_absolute_url()).content
    page = html.fromstring(client.get(f"/edit/lost?event={event.pk}").content)
    assert page.xpath("//input[@name='event']/@value") == [str(event.pk)]


# Where it does not go


def test_pages_of_the_link_are_stored_and_indexed_nowhere(client):
    event, address = make_kept()

    for path in ("", "/posted", "/mailed", "/renew", "/revoke", "/mail", f"/{event.pk}", f"/{event.pk}/edit"):
        page = client.get(address + path)
        assert (page.status_code, page["X-Robots-Tag"], page["Referrer-Policy"]) == (200, "noindex", "same-origin"), (
            path
        )
        assert "no-store" in page["Cache-Control"], path
        assert not page.has_header("ETag"), path


def test_public_pages_do_not_echo_where_one_came_from(client):
    event, address = make_kept()

    for path in ("/", event.get_absolute_url(), "/events", "/nowhere", "/edit/lost"):
        assert address.split("/")[2] not in client.get(path, headers={"referer": address}).content.decode()


def test_log_leaves_out_the_token(client, caplog, monkeypatch):
    event, address = make_kept()
    token = address.split("/")[2]
    monkeypatch.setattr(Event, "may_be_kept_by", lambda *args: 1 / 0 if args else token)
    broken = Client(raise_request_exception=False)
    logger = logging.getLogger("django.request")
    logger.addHandler(caplog.handler)

    broken.get(f"{address}x")
    broken.get(f"{address}/{event.pk}/withdraw")
    broken.post(address)
    monkeypatch.setattr(Event, "may_be_kept_by", lambda *args: {}[address])
    broken.get(f"{address}/{event.pk}/withdraw")
    logger.removeHandler(caplog.handler)

    text = "\n".join(map(WithoutTokens().format, caplog.records))
    assert token in caplog.text
    assert token not in text
    assert "Not Found: /edit/…" in text
    assert "ZeroDivisionError" in text
    assert "KeyError" in text
    console = [handler for handler in logging.getLogger("django").handlers if type(handler) is logging.StreamHandler]
    assert [type(handler.formatter) for handler in console] == [WithoutTokens]
