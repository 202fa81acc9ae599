"""The page on which a calendar is imported, and the command."""

import http.server
import io
import threading
from datetime import UTC, datetime

import lxml.html
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from collectives.models import Collective, Membership
from events.models import Event
from events_site.guards import FormToken
from moderation.models import Status
from tests.factories import make_collective, make_event, make_moderator, make_user

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
ADDRESS = "/groups/nettle/import"
NOT_ALL = "Not everything could be imported; the reasons are above."


@pytest.fixture(autouse=True)
def _clock(time_machine, settings):
    time_machine.move_to(NOW, tick=False)
    settings.FORM_MIN_SECONDS = 0


def entry(uid: str, title: str = "Picnic", *lines: str, start: str = "20260612T180000Z") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{start}", f"SUMMARY:{title}", *lines, "END:VEVENT"])


def calendar(*entries: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *entries, "END:VCALENDAR", ""])


def file_of(text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("calendar.ics", text if isinstance(text, bytes) else text.encode(), "text/calendar")


class Site:
    def __init__(self) -> None:
        self.amy = make_user("amy")
        self.group = make_collective("Nettle")
        self.group.memberships.create(user=self.amy, role=Membership.Role.ADMINISTRATOR)
        self.client = self.browser(self.amy)

    def browser(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def send(self, text: str = "", file=None, do: str = "preview", **fields):
        data = {"text": text, "form_token": str(FormToken.new()), do: "1", **fields}
        return self.client.post(ADDRESS, data | ({"file": file} if file else {}))


@pytest.fixture
def site(db) -> Site:
    return Site()


def page(response) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(response.content.decode())


def words(element) -> str:
    return " ".join(element.text_content().split())


def report(response) -> dict[str, list[str]]:
    """What stands under each heading."""
    found = page(response).xpath("//section[starts-with(@id, 'import_') or .//h2[starts-with(@id, 'import_')]]")
    return {words(section.find("h2")): [words(row) for row in section.iter("li")] for section in found}


def errors(response) -> list[str]:
    return [words(each) for each in page(response).xpath("//div[@id='errors']//li")]


def titles() -> list[str]:
    return sorted(Event.objects.values_list("title", flat=True))


# The page


def test_administrators_find_the_way_there_and_how_to_get_a_file(site):
    links = page(site.client.get("/groups/nettle")).xpath("//p[@class='deeds']/a/@href")
    response = site.client.get(ADDRESS)

    assert ADDRESS in links
    assert response["Cache-Control"].count("no-store") == 1
    assert [words(each) for each in page(response).xpath("//main//li/b")] == [
        "Google Calendar",
        "Apple Calendar",
        "Thunderbird",
        "Mobilizon",
    ]


def test_others_neither_see_the_page_nor_import(site):
    ben, moderator = make_user("ben"), make_moderator("mod")
    site.group.memberships.create(user=ben)
    data = {"text": calendar(entry("a")), "form_token": str(FormToken.new()), "publish": "1"}
    people = {"anonymous": Client(), "member": site.browser(ben), "other": site.browser(make_user())}

    answers = {role: client.post(ADDRESS, data).status_code for role, client in people.items()}

    assert answers == {"anonymous": 302, "member": 404, "other": 404}
    assert titles() == []
    assert site.browser(moderator).get(ADDRESS).status_code == 200


def test_preview_shows_what_would_happen_and_writes_nothing(site):
    site.send(calendar(entry("a"), entry("b", "Walk"), entry("c", "Edited")), do="publish")
    Event.objects.filter(title="Edited").update(title="Edited here")
    text = calendar(
        entry("a"),
        entry("b", "Long walk"),
        entry("c", "Edited there"),
        entry("d", "Film", "LOCATION:Common Room\\, 12 High Street"),
        entry("e", "Gone", start="20200101T100000Z"),
        entry("f", "Wrong", start="soon"),
        entry("", "Nameless"),
    )

    response = site.send(file=file_of(text))

    assert report(response) == {
        "Refused: 2": [
            "Wrong Entry 6 of the file. DTSTART: It cannot be read: “soon”",
            "Untitled Entry 7 of the file. UID: It has no UID: a later import could not tell that it is the same.",
        ],
        "New: 1": ["12 Jun Film Fri 12 June 2026, 18:00, Common Room"],
        "To be updated: 1": ["12 Jun Long walk Fri 12 June 2026, 18:00"],
        "Left alone: 2": [
            "12 Jun Edited there Fri 12 June 2026, 18:00. It was edited here since.",
            "1 Jan Gone Wed 1 January 2020, 10:00. It is over.",
        ],
        "Unchanged: 1": ["12 Jun Picnic Fri 12 June 2026, 18:00"],
    }
    assert titles() == ["Edited here", "Picnic", "Walk"]


def test_text_of_a_file_travels_on_from_the_preview_to_the_import(site):
    text = calendar(entry("a", "Café"))
    form = page(site.send(file=file_of("\ufeff" + text))).xpath("//main//form")[0]
    fields = dict(form.fields)

    response = site.client.post(ADDRESS, {**fields, "publish": "1"})

    assert report(response) == {"Published: 1": ["12 Jun Café Fri 12 June 2026, 18:00"]}
    assert "no-store" in response["Cache-Control"]
    event = Event.objects.get()
    assert (event.title, event.user, event.collective, event.moderation_status) == (
        "Café",
        site.amy,
        site.group,
        Status.PUBLISHED,
    )


def test_same_form_sent_again_publishes_nothing_twice(site):
    token = str(FormToken.new())

    reports = [report(site.send(calendar(entry("a")), do="publish", form_token=token)) for _ in range(2)]

    assert [list(each) for each in reports] == [["Published: 1"], ["Unchanged: 1"]]
    assert titles() == ["Picnic"]


def test_enter_key_only_looks(site):
    response = site.client.post(ADDRESS, {"text": calendar(entry("a")), "form_token": str(FormToken.new())})

    assert list(report(response)) == ["New: 1"]
    assert titles() == []


@pytest.mark.parametrize(
    ("text", "file", "kept", "message"),
    [
        ("", None, "", "Calendar file: Choose a calendar file, or paste its text below."),
        ("Hello", None, "Hello", "Or its text: This is not a calendar: such a file begins with BEGIN:VCALENDAR."),
        ("", b"", "", "Calendar file: The file is empty."),
        ("", b"GIF89a", "GIF89a", "Calendar file: This is not a calendar: such a file begins with BEGIN:VCALENDAR."),
        (
            "",
            b"\xe9" * 10,
            "\ufffd" * 10,
            "Calendar file: Line 1 has a character that is not UTF-8. Save the file as UTF-8.",
        ),
        (
            "",
            b"x" * 3 * 1024**2,
            "",
            "Calendar file: The file is larger than 2 MB. Export a shorter time, or only what is to come.",
        ),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(site, text, file, kept, message):
    response = site.send(text, file_of(file) if file is not None else None, do="publish")

    assert response.status_code == 200
    assert errors(response) == [message]
    assert page(response).xpath("//textarea[@name='text']")[0].text_content().strip() == kept


def test_form_that_comes_back_has_lost_nothing(site):
    text = calendar(entry("a"))

    response = site.send(file=file_of(text), do="publish", form_token="")

    assert errors(response) == ["This form had expired. Nothing is lost: look it over and send it again."]
    assert page(response).xpath("//textarea[@name='text']")[0].text_content().split() == text.split()
    assert titles() == []


def test_text_with_markup_stays_text_on_every_page(site):
    text = calendar(
        entry("a", "Picnic", "DESCRIPTION:<script>alert(1)</script>Hello"), entry("b", "<script>x</script>")
    )

    pages = [site.send(text), site.send(text, do="publish")]
    pages.append(Client().get(f"/events/{Event.objects.get().pk}"))

    assert [len(page(response).xpath("//script[not(@src) and not(@type)]")) for response in pages] == [0, 0, 0]


def test_imports_are_limited_and_nothing_is_lost(site, settings):
    settings.LIMITS = settings.LIMITS | {"import": [(1, 600)]}
    site.send(calendar(entry("a")), do="publish")

    response = site.send(text := calendar(entry("b")), do="publish")

    assert (response.status_code, response["Retry-After"]) == (429, "601")
    assert page(response).xpath("//textarea[@name='text']")[0].text_content().split() == text.split()
    assert titles() == ["Picnic"]


def test_calendar_beyond_the_limit_is_not_read(site, settings, monkeypatch):
    settings.LIMITS = settings.LIMITS | {"calendar": [(1, 600)]}
    site.send(calendar(entry("a")))
    monkeypatch.setattr("events.forms.importing.read_calendar", pytest.fail)

    response = site.send(text := calendar(entry("b")))

    assert (response.status_code, response["Retry-After"]) == (429, "601")
    assert page(response).xpath("//textarea[@name='text']")[0].text_content().split() == text.split()


def test_group_that_waits_for_review_publishes_nothing(site, settings):
    settings.MODERATION_POLICY = "review"
    Collective.objects.update(moderation_status=Status.PENDING)

    response = site.send(calendar(entry("a")), do="publish")

    assert errors(response) == ["Moderators have to look at the group first: only then can it publish anything."]
    assert titles() == []


def test_group_that_moderators_hid_is_not_found(site):
    site.group.hide(by=make_moderator())

    assert site.send(calendar(entry("a")), do="publish").status_code == 404


@pytest.mark.parametrize("number", [1, 20])
def test_preview_costs_the_same_with_many_events(site, django_assert_num_queries, number):
    text = calendar(*(entry(f"{each}") for each in range(number)))
    site.send(text, do="publish")

    with django_assert_num_queries(7):
        site.send(text)


# The command


def run(*arguments) -> tuple[list[str], list[str], str]:
    stdout, stderr, error = io.StringIO(), io.StringIO(), ""
    try:
        call_command("import_ics", *map(str, arguments), stdout=stdout, stderr=stderr)
    except CommandError as problem:
        error = str(problem)
    return stdout.getvalue().splitlines(), stderr.getvalue().splitlines(), error


@pytest.fixture
def file(tmp_path):
    def written(*entries: str):
        path = tmp_path / "calendar.ics"
        path.write_text(calendar(*entries), newline="")
        return path

    return written


def test_command_imports_a_file_and_says_what_it_did(site, file):
    make_event("Other")
    path = file(entry("a"), entry("b", "Walk", start="20200101T100000Z"))

    assert run(path, "--group", "nettle") == (
        [
            "created: 2026-06-12 18:00 UTC Picnic",
            "left alone: 2020-01-01 10:00 UTC Walk (It is over.)",
            "created: 1, unchanged: 0, updated: 0, left alone: 1, refused: 0",
        ],
        [],
        "",
    )
    assert [(event.title, event.user, event.collective) for event in Event.objects.filter(import_uid="a")] == [
        ("Picnic", None, site.group)
    ]


def test_command_signs_the_posts_with_the_account_of_an_administrator(site, file):
    path = file(entry("a"))
    make_user("ben")

    refused = [run(path, "--group", "nettle", "--user", name)[2] for name in ("ben", "nobody")]
    run(path, "--group", "nettle", "--user", "amy")

    assert refused == [f"{name} is no account of one who looks after the group." for name in ("ben", "nobody")]
    assert [event.user for event in Event.objects.all()] == [site.amy]


def test_command_writes_nothing_on_a_dry_run(site, file):
    stdout, _stderr, error = run(file(entry("a")), "--group", "nettle", "--dry-run")

    assert stdout[-1] == "Nothing was written. Would be created: 1, unchanged: 0, updated: 0, left alone: 0, refused: 0"
    assert (titles(), error) == ([], "")


def test_command_fails_when_something_was_refused(site, file):
    path = file(entry("a\x1b[2J", "Pic\x07nic"), entry("b"))

    stdout, stderr, error = run(path, "--group", "nettle")

    assert stdout[-1] == "created: 1, unchanged: 0, updated: 0, left alone: 0, refused: 1"
    assert stderr == [
        f"{path}: entry 1, UID a\\x1b[2J, UID: There is an invisible control character in it.",
    ]
    assert error == NOT_ALL
    assert titles() == ["Picnic"]


def test_command_names_what_it_cannot_find(site, file, tmp_path):
    assert run(file(entry("a")), "--group", "nobody")[2] == "There is no group nobody."
    assert run(tmp_path / "none.ics", "--group", "nettle")[2] == (
        f"{tmp_path}/none.ics: cannot be read: No such file or directory"
    )
    assert run("ftp://example.org/x.ics", "--group", "nettle")[2] == (
        "ftp://example.org/x.ics: cannot be read: No such file or directory"
    )


class _Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        inside = f"http://localhost:{self.server.server_port}/calendar.ics"
        redirects = {"/moved": "/calendar.ics", "/round": "/round", "/file": "file:///etc/passwd", "/inside": inside}
        if to := redirects.get(self.path):
            self.send_response(302)
            self.send_header("Location", to)
            self.end_headers()
        elif self.path == "/calendar.ics":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(calendar(entry("a")).encode())
        elif self.path == "/large":
            self.send_response(200)
            self.end_headers()
            for _ in range(64):
                self.wfile.write(b"x" * 1024**2)
        else:
            self.send_error(404)

    def log_message(self, *_arguments) -> None:
        pass


@pytest.fixture
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_command_follows_an_address_of_the_web(site, web):
    counted = [run(f"{web}{path}", "--group", "nettle")[0][-1] for path in ("/calendar.ics", "/moved")]

    assert counted == [
        "created: 1, unchanged: 0, updated: 0, left alone: 0, refused: 0",
        "created: 0, unchanged: 1, updated: 0, left alone: 0, refused: 0",
    ]


@pytest.mark.parametrize("path", ["/nothing", "/round", "/file", "/inside"])
def test_command_says_when_the_web_gives_no_calendar(site, web, path):
    stdout, stderr, error = run(f"{web}{path}", "--group", "nettle")

    assert (stdout, stderr) == ([], [])
    assert error.startswith(f"{web}{path}: cannot be read: ")
    assert titles() == []


def test_command_reads_no_more_than_a_calendar_may_have(site, web):
    _stdout, stderr, error = run(f"{web}/large", "--group", "nettle")

    assert stderr == [f"{web}/large: The file is larger than 2 MB. Export a shorter time, or only what is to come."]
    assert error == NOT_ALL
