"""Photos and flyers: sent with a form, kept through what comes back, shown to who may see the post, and forgotten."""

import html
import io
import re
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from events.models import Attachment, EditLink, Event
from events_site.uploads import read_upload
from moderation.models import QueueEntry, Status
from tests.events.test_forms import token_opened
from tests.factories import make_collective, make_event, make_filter, make_moderator, make_user

pytestmark = pytest.mark.django_db

CANARY = "canary-51.5033N"
TOMORROW = timezone.now() + timedelta(days=1)


def photo(name: str = "flyer.jpg", colour: str = "red", shape: tuple[int, int] = (30, 40)) -> SimpleUploadedFile:
    """A photo that says where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = CANARY
    file = io.BytesIO()
    Image.new("RGB", shape, colour).save(file, "JPEG", exif=exif, comment=CANARY.encode())
    return SimpleUploadedFile(name, file.getvalue())


def leaflet() -> SimpleUploadedFile:
    document, file = pikepdf.Pdf.new(), io.BytesIO()
    document.add_blank_page(page_size=(200, 200))
    document.docinfo["/Author"] = CANARY
    document.save(file)
    return SimpleUploadedFile("leaflet.pdf", file.getvalue())


def attach(event: Event, upload: SimpleUploadedFile | None = None, title: str = "") -> Attachment:
    attachment = Attachment.objects.stash(read_upload(upload or photo()), "key", event.attachments.count() + 1)
    attachment.event, attachment.title = event, title
    attachment.save()
    return attachment


def files_in(media_root: Path) -> list[Path]:
    return [path for path in media_root.rglob("*") if path.is_file()]


def filled_in(**typed) -> dict:
    tomorrow = timezone.localtime(TOMORROW)
    return {
        "title": "Open picnic",
        "summary": "Bring something to share.",
        "date_0": f"{tomorrow:%Y-%m-%d}",
        "date_1": "19:30",
        "form_token": token_opened(),
        **typed,
    }


def sent_back(response) -> dict:
    """What a browser sends when nothing more is changed in the form that came back."""
    assert response.status_code == 200
    page = response.content.decode()
    form = page[page.index('id="event_form"') :]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([a-z_]+)="([^"]*)"', tag))
        if attributes.get("type") not in ("file", "checkbox") and "name" in attributes:
            sent[attributes["name"]] = attributes.get("value", "")
    sent |= dict(re.findall(r'<textarea name="(\w+)"[^>]*>\s*([^<]*)</textarea>', form))
    sent.pop("csrfmiddlewaretoken", None)
    return {name: html.unescape(text) for name, text in sent.items()}


def field_of(response, word: str, number: int = 0) -> str:
    """The name of an input about an attachment."""
    names = re.findall(rf'name="(attachment_{word}_[0-9a-f]{{32}})"', response.content.decode())
    return names[number]


def errors_of(response) -> list[str]:
    return response.context["form"].errors.get("attachments", [])


# Sent with a form


def test_flyer_is_published_with_its_event(client, media_root):
    response = client.post("/events/new", filled_in(attachments=photo()))

    assert response.status_code == 302
    attachment = Event.objects.get().attachments.get()
    assert (attachment.kind, attachment.width, attachment.height, attachment.position) == ("picture", 30, 40, 1)
    assert attachment.draft_key == ""
    assert len(files_in(media_root)) == 4


def test_nothing_of_the_file_that_was_sent_is_kept(client, media_root):
    client.post("/events/new", filled_in(attachments=[photo(f"{CANARY}.jpg"), leaflet()]))

    files = files_in(media_root)
    assert len(files) == 5
    for path in files:
        assert CANARY.encode() not in path.read_bytes()
        assert CANARY not in path.name


def test_files_are_for_the_site_and_its_group_alone(media_root):
    attach(make_event())

    for path in files_in(media_root):
        assert path.stat().st_mode & 0o777 == 0o640
        assert path.parent.stat().st_mode & 0o777 == 0o750


def test_flyer_stays_through_the_preview_without_script(client):
    preview = client.post("/events/new", filled_in(attachments=photo(), preview="1"))

    page = preview.content.decode()
    assert re.search(r'class="flyer"[^§]*/media/[0-9a-f]{32}-page\.webp\?key=', page)
    assert not Event.objects.exists()
    again = sent_back(preview) | {field_of(preview, "title"): "People around a table", "publish": "1"}

    assert client.post("/events/new", again).status_code == 302
    attachment = Event.objects.get().attachments.get()
    assert attachment.title == "People around a table"


def test_flyer_stays_when_something_else_is_to_be_put_right(client):
    response = client.post("/events/new", filled_in(attachments=photo(), title=""))
    draft = Attachment.objects.get()
    assert draft.event is None

    client.post("/events/new", sent_back(response) | {"title": "Open picnic"})

    assert Event.objects.get().attachments.get() == draft


def test_draft_is_tied_to_its_form(client):
    """What is stored does not open the draft, and another form does not get it."""
    response = client.post("/events/new", filled_in(attachments=photo(), preview="1"))
    draft = Attachment.objects.get()
    key = sent_back(response)["attachment_key"]
    assert key not in (draft.draft_key, draft.name)

    client.post("/events/new", filled_in(attachment_key=draft.draft_key[:32]))
    client.post("/events/new", filled_in(attachment_key="0" * 32, title="Another"))
    client.post("/events/new", filled_in(attachment_key="' OR 1=1", title="A third"))

    assert Event.objects.count() == 3
    assert not Attachment.objects.exclude(event=None).exists()


@pytest.mark.parametrize("form", ["new", "edit"])
def test_files_count_for_whoever_sends_them_though_the_form_be_wrong(client, settings, form):
    settings.LIMITS = settings.LIMITS | {"upload": [(3, 600)]}
    link, token = EditLink.objects.make()
    event = make_event(edit_link=link)
    address = "/events/new" if form == "new" else f"/edit/{token}/{event.pk}/edit"

    for _ in range(2):
        page = client.post(address, {"title": "", "attachments": [photo(), photo()]})

    assert Attachment.objects.count() == 3
    assert "A lot was sent from your connection" in page.content.decode()


def test_draft_can_be_taken_out_again(client, media_root, django_capture_on_commit_callbacks):
    response = client.post("/events/new", filled_in(attachments=photo(), preview="1"))

    with django_capture_on_commit_callbacks(execute=True):
        client.post("/events/new", sent_back(response) | {field_of(response, "remove"): "on"})

    assert Event.objects.get().attachments.count() == 0
    assert files_in(media_root) == []


def test_same_form_sent_twice_has_its_flyer_once(client):
    response = client.post("/events/new", filled_in(attachments=photo(), preview="1"))
    again = sent_back(response)

    client.post("/events/new", again)
    client.post("/events/new", again)

    assert Event.objects.get().attachments.count() == 1


def test_event_sent_again_with_a_flyer_is_not_taken_for_the_one_without(client):
    client.post("/events/new", filled_in())

    client.post("/events/new", filled_in(attachments=photo(), compared="1"))
    client.post("/events/new", filled_in(attachments=photo(), compared="1"))

    assert [event.attachments.count() for event in Event.objects.order_by("pk")] == [0, 1]


def test_several_files_come_in_the_order_that_was_typed(client):
    response = client.post(
        "/events/new", filled_in(attachments=[photo(colour="red"), photo(colour="blue"), leaflet()], preview="1")
    )
    first, second, third = Attachment.objects.order_by("id")
    assert [first.position, second.position, third.position] == [1, 2, 3]

    client.post(
        "/events/new",
        sent_back(response) | {field_of(response, "position", 2): "1", field_of(response, "position"): "9"},
    )

    assert list(Event.objects.get().attachments.all()) == [third, second, first]
    assert [attachment.position for attachment in Event.objects.get().attachments.all()] == [1, 2, 3]


def test_refused_file_is_named_and_the_good_ones_stay(client):
    bad = SimpleUploadedFile("run.jpg", b"MZ" + b"\0" * 100)

    response = client.post("/events/new", filled_in(attachments=[bad, photo()]))

    assert ["“\u2068run.jpg\u2069” is not a picture or flyer" in error for error in errors_of(response)] == [True]
    assert not Event.objects.exists()
    client.post("/events/new", sent_back(response))
    assert Event.objects.get().attachments.count() == 1


def test_more_than_ten_are_refused(client):
    response = client.post("/events/new", filled_in(attachments=[photo(shape=(2, 2)) for _ in range(11)]))

    assert errors_of(response) == ["There is room for 10."]
    assert Attachment.objects.count() == 10


@pytest.mark.parametrize("title", ["two\nlines", "<b>bold</b>", "x" * 256, "\x01"])
def test_description_is_one_line_of_plain_text(client, title):
    response = client.post("/events/new", filled_in(attachments=photo(), preview="1"))
    name = field_of(response, "title")

    response = client.post("/events/new", sent_back(response) | {name: title})

    assert list(response.context["form"].errors) == [name]


def test_full_disk_is_said_beside_the_field(client, monkeypatch, media_root):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage._save", full)

    response = client.post("/events/new", filled_in(attachments=photo()))

    assert "could not be stored just now" in errors_of(response)[0]
    assert not Attachment.objects.exists()
    assert "Open picnic" in response.content.decode()


def test_request_beyond_the_limit_is_refused_unread(client, settings):
    settings.REQUEST_MAX_SIZE = 1000

    response = client.post("/events/new", filled_in(attachments=photo()))

    assert response.status_code == 413
    assert "what you typed is still there" in response.content.decode()
    assert not Event.objects.exists()


# Editing


def editing(client, event: Event) -> dict:
    return sent_back(client.get(f"/events/{event.pk}/edit"))


@pytest.fixture
def author(client):
    author = make_user()
    client.force_login(author)
    return author


def test_author_adds_describes_and_removes(client, author, django_capture_on_commit_callbacks, media_root):
    event = make_event(user=author)
    old = attach(event, title="Old")
    page = client.get(f"/events/{event.pk}/edit")
    typed = sent_back(page) | {field_of(page, "remove"): "on", "attachments": photo()}

    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/events/{event.pk}/edit", typed).status_code == 302

    assert event.attachments.get().name != old.name
    assert len(files_in(media_root)) == 4


def test_form_that_knows_nothing_of_attachments_leaves_them(client, author):
    event = make_event(user=author)
    attachment = attach(event, title="A table")
    typed = {name: text for name, text in editing(client, event).items() if not name.startswith("attachment")}

    assert client.post(f"/events/{event.pk}/edit", typed | {"title": "Changed"}).status_code == 302

    attachment.refresh_from_db()
    assert (attachment.event.title, attachment.title, attachment.position) == ("Changed", "A table", 1)


def test_moderator_who_saves_in_the_admin_leaves_them(client):
    moderator = make_moderator(is_superuser=True, is_staff=True)
    client.force_login(moderator)
    event = make_event()
    attachment = attach(event, title="A table")
    form = client.get(f"/admin/events/event/{event.pk}/change/").context["adminform"].form
    typed = {
        name: form.initial[name] or ""
        for name in ("seen", "title", "summary", "place", "published_by")
        if name in form.initial
    }
    local = timezone.localtime(event.date)
    typed |= {"date_0": f"{local:%Y-%m-%d}", "date_1": f"{local:%H:%M}", "title": "Changed"}

    response = client.post(f"/admin/events/event/{event.pk}/change/", typed)

    assert response.status_code == 302
    attachment.refresh_from_db()
    assert (attachment.event.title, attachment.title) == ("Changed", "A table")


@pytest.mark.parametrize("what", ["add", "describe", "remove"])
def test_reviewed_post_comes_back_into_the_queue_with_another_picture(client, author, what):
    event = make_event(user=author)
    attach(event, title="A table")
    page = client.get(f"/events/{event.pk}/edit")
    changed = {
        "add": {"attachments": photo()},
        "describe": {field_of(page, "title"): "A chair"},
        "remove": {field_of(page, "remove"): "on"},
    }[what]
    assert not QueueEntry.objects.exists()

    client.post(f"/events/{event.pk}/edit", sent_back(page) | changed)

    assert QueueEntry.objects.get().is_edited
    client.force_login(make_moderator())
    assert client.get("/admin/queue/").status_code == 200


def test_edit_that_changes_nothing_does_not(client, author):
    event = make_event(user=author)
    attach(event)

    client.post(f"/events/{event.pk}/edit", editing(client, event))

    assert not QueueEntry.objects.exists()


def test_content_filter_reads_what_a_picture_is_said_to_show(client):
    make_filter("casino")
    response = client.post("/events/new", filled_in(attachments=photo(), preview="1"))

    client.post("/events/new", sent_back(response) | {field_of(response, "title"): "The casino"})

    assert Event.objects.get().is_held


def test_nobody_attaches_to_the_event_of_others_by_its_names(client, author):
    theirs = attach(make_event(user=make_user()))
    mine = make_event(user=author)
    typed = editing(client, mine) | {
        f"attachment_title_{theirs.name}": "mine",
        f"attachment_remove_{theirs.name}": "on",
    }

    client.post(f"/events/{mine.pk}/edit", typed)

    theirs.refresh_from_db()
    assert (theirs.event_id == mine.pk, theirs.title) == (False, "")


# Shown


def test_event_page_shows_pictures_whole_and_in_order(client):
    event = make_event("Open picnic")
    attach(event, photo(shape=(1200, 800)), title="A table")
    attach(event, photo())
    attach(event, leaflet(), title="To print")

    page = client.get(event.get_absolute_url()).content.decode()

    first, second = re.findall(r"<img[^>]*>", page)
    assert 'width="960" height="640" alt="A table"' in first
    assert "lazy" not in first
    assert 'alt="Flyer: Open picnic"' in second
    assert 'loading="lazy"' in second
    assert re.search(r'href="/media/[0-9a-f]{32}-flyer\.pdf">Flyer \(PDF\), [\d.]+\s(bytes|KB)', page)
    assert "flyers" in page
    assert "flyers" not in client.get(make_event().get_absolute_url()).content.decode()


def test_home_page_shows_the_flyer_of_its_lead_and_no_other(client):
    lead, other = make_event(status=Status.FEATURED), make_event()
    flyer = attach(lead)
    attach(other)

    page = client.get("/").content.decode()

    assert re.findall(r'<img src="/media/([0-9a-f]{32})-page.jpg"', page) == [flyer.name]


def test_queue_shows_pictures(client):
    flyer = attach(make_event(status=Status.PENDING))
    client.force_login(make_moderator())

    assert f"/media/{flyer.name}-listing.webp" in client.get("/admin/queue/").content.decode()


# Served


@pytest.mark.parametrize("version", ["listing.webp", "page.webp", "full.webp", "page.jpg"])
def test_picture_is_served_inert(client, version):
    flyer = attach(make_event())

    response = client.get(f"/media/{flyer.name}-{version}", headers={"Accept-Encoding": "gzip"})

    assert response.status_code == 200
    assert Image.open(io.BytesIO(response.content)).size == (30, 40)
    headers = {name: response.get(name) for name in ("Content-Type", "Content-Disposition", "Cache-Control")}
    assert headers == {
        "Content-Type": "image/webp" if version.endswith("webp") else "image/jpeg",
        "Content-Disposition": "inline",
        "Cache-Control": "no-cache",
    }
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in response
    assert "Content-Encoding" not in response
    assert response.cookies == {}


def test_document_is_for_downloading_under_a_name_of_ours(client):
    flyer = attach(make_event(pk=2565), leaflet())

    response = client.get(f"/media/{flyer.name}-flyer.pdf")

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="flyer-2565.pdf"'
    assert response.content.startswith(b"%PDF-")


def test_web_server_sends_the_file_where_it_can(client, settings):
    settings.MEDIA_ACCEL = "/protected-media"
    flyer = attach(make_event())

    response = client.get(f"/media/{flyer.name}-page.webp")

    assert response["X-Accel-Redirect"] == f"/protected-media/{flyer.path('page.webp')}"
    assert (response.content, response["Content-Type"]) == (b"", "image/webp")


def test_browser_that_has_it_is_told_so_until_the_post_is_hidden(client):
    event = make_event()
    address = f"/media/{attach(event).name}-page.webp"
    etag = client.get(address)["ETag"]

    unchanged = client.get(address, headers={"If-None-Match": etag})
    event.hide(by=make_moderator())
    hidden = client.get(address, headers={"If-None-Match": etag})

    assert (unchanged.status_code, unchanged["Cache-Control"]) == (304, "no-cache")
    assert "sandbox" in unchanged["Content-Security-Policy"]
    assert hidden.status_code == 404


EVERYBODY = ["anonymous", "other", "member", "author", "moderator"]


@pytest.mark.parametrize(
    ("policy", "fields", "seen_by"),
    [
        ("open", {"status": Status.PENDING}, EVERYBODY),
        ("review", {"status": Status.PENDING}, ["member", "author", "moderator"]),
        ("open", {"status": Status.PUBLISHED}, EVERYBODY),
        ("review", {"status": Status.FEATURED}, EVERYBODY),
        ("open", {"status": Status.HIDDEN}, ["moderator"]),
        ("open", {"status": Status.HIDDEN, "is_held": True}, ["member", "author", "moderator"]),
    ],
)
def test_file_is_for_who_may_see_the_post(settings, policy, fields, seen_by):
    settings.MODERATION_POLICY = policy
    author, member = make_user(), make_user()
    users = {"other": make_user(), "member": member, "author": author, "moderator": make_moderator()}
    event = make_event(user=author, collective=make_collective(members=(member,)), **fields)
    address = f"/media/{attach(event).name}-page.webp"

    def status(visitor: str) -> int:
        client = Client()
        if visitor in users:
            client.force_login(users[visitor])
        return client.get(address).status_code

    assert {visitor: status(visitor) for visitor in EVERYBODY} == {
        visitor: 200 if visitor in seen_by else 404 for visitor in EVERYBODY
    }


def test_draft_is_for_who_filled_in_its_form(client):
    response = client.post("/events/new", filled_in(attachments=photo(), preview="1"))
    address = re.search(r'/media/[^"]+-page\.jpg\?key=[^"]+', response.content.decode())[0].replace("&amp;", "&")
    name = Attachment.objects.get().name

    assert client.get(address).status_code == 200
    assert client.get(address)["Cache-Control"] == "no-store, private"
    assert client.get(address.partition("?")[0]).status_code == 404
    assert client.get(f"{address}x").status_code == 404
    assert client.get(address.replace(name, "0" * 32)).status_code == 404


def test_key_of_a_form_opens_nothing_a_day_later_or_when_the_post_is_hidden(client, time_machine):
    time_machine.move_to(timezone.now())
    link, token = EditLink.objects.make()
    event = make_event(status=Status.HIDDEN, is_held=True, edit_link=link)
    attach(event)
    page = client.get(f"/edit/{token}/{event.pk}/edit").content.decode()
    address = re.search(r'/media/[^"]+-listing\.webp\?key=[^"]+', page)[0]
    assert client.get(address).status_code == 200

    time_machine.shift(timedelta(hours=25))
    assert client.get(address).status_code == 404
    time_machine.shift(timedelta(hours=-25))
    event.hide(by=make_moderator())
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/media/{}-page.png",
        "/media/{}-original.jpg",
        "/media/{}",
        "/media/{}-page.webp.exe",
        "/media/../{}-page.webp",
        "/media/..%2f..%2fetc%2fpasswd",
        "/media/{}-../../x",
    ],
)
def test_there_is_nothing_beside_the_versions(client, address):
    flyer = attach(make_event())

    assert client.get(address.format(flyer.name)).status_code == 404


def test_missing_file_is_not_found_and_its_page_is_there(client, media_root):
    event = make_event()
    flyer = attach(event)
    for path in files_in(media_root):
        path.unlink()

    assert client.get(f"/media/{flyer.name}-page.webp").status_code == 404
    assert client.get(event.get_absolute_url()).status_code == 200


# Shared by the dates of a series, and forgotten


def test_dates_of_a_series_share_the_files(media_root, django_capture_on_commit_callbacks, django_assert_num_queries):
    first, second, third = make_event(), make_event(), make_event()
    flyer = attach(first, title="A table")
    attach(second)
    with django_capture_on_commit_callbacks(execute=True):
        Attachment.objects.copy(first, [second, third])

    assert [(copy.name, copy.title) for event in (second, third) for copy in event.attachments.all()] == [
        (flyer.name, "A table")
    ] * 2
    assert len(files_in(media_root)) == 4
    with django_capture_on_commit_callbacks(execute=True):
        Attachment.objects.copy(first, [first, second])
    assert first.attachments.get() == flyer
    assert second.attachments.count() == 1


def test_shared_file_is_served_as_long_as_one_date_may_be_seen(client):
    first, second = make_event(), make_event(status=Status.HIDDEN)
    flyer = attach(first)
    Attachment.objects.copy(first, [second])
    address = f"/media/{flyer.name}-page.webp"

    assert client.get(address).status_code == 200
    first.hide(by=make_moderator())
    assert client.get(address).status_code == 404


def test_files_go_with_the_last_post_that_shows_them(media_root, django_capture_on_commit_callbacks):
    first, second = make_event(), make_event()
    attach(first)
    Attachment.objects.copy(first, [second])

    with django_capture_on_commit_callbacks(execute=True):
        first.delete()
    assert len(files_in(media_root)) == 4
    with django_capture_on_commit_callbacks(execute=True):
        second.delete()
    assert files_in(media_root) == []


def test_files_stay_when_the_deletion_does_not_happen(media_root, django_capture_on_commit_callbacks):
    event = make_event()
    attach(event)

    with django_capture_on_commit_callbacks():
        event.delete()  # and rolled back

    assert len(files_in(media_root)) == 4


def test_draft_expires_after_a_day(client, time_machine):
    time_machine.move_to(timezone.now())
    client.post("/events/new", filled_in(attachments=photo(), preview="1"))
    kept = attach(make_event())
    assert not Attachment.objects.expired().exists()

    time_machine.shift(timedelta(hours=25))

    assert Attachment.objects.expired().count() == 1
    assert kept not in Attachment.objects.expired()
