"""Records for tests: each function makes one that is valid, with the fields the test cares about."""

import functools
import io
import itertools
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from collectives.models import Collective, Membership, User
from events.models import Area, Attachment, Comment, Event, Tag
from events_site.uploads import Document, Picture, read_upload
from moderation.models import ContentFilter, Moderated, QueueEntry, Report, Status

_numbers = itertools.count(1)
PASSWORD = "correct horse battery"


def make_user(username: str | None = None, **fields: Any) -> User:
    return User.objects.create_user(username or f"user{next(_numbers)}", password=PASSWORD, **fields)


def make_moderator(username: str | None = None, **fields: Any) -> User:
    """An account in the group that the migration made."""
    user = make_user(username, **fields)
    user.groups.add(Group.objects.get(name="Moderators"))
    return user


def make_superuser(username: str | None = None) -> User:
    return make_user(username, is_staff=True, is_superuser=True)


def make_collective(name: str | None = None, *, members: tuple[User, ...] = (), **fields: Any) -> Collective:
    fields.setdefault("moderation_status", Status.PUBLISHED)
    collective = Collective(name=name or f"Collective {next(_numbers)}", **fields)
    collective.save()
    for member in members:
        Membership.objects.create(user=member, collective=collective)
    return collective


def make_event(
    title: str | None = None,
    *,
    status: Status = Status.PUBLISHED,
    tags: tuple[str, ...] = (),
    areas: tuple[str, ...] = (),
    **fields: Any,
) -> Event:
    """A published event of tomorrow, saved. A hidden one was public before, as the usual hidden post was."""
    fields.setdefault("date", timezone.now() + timedelta(days=1))
    fields.setdefault("summary", "<p>Bring a friend.</p>")
    if status == Status.HIDDEN:
        fields.setdefault("public_since", timezone.now() - timedelta(hours=1))
    event = Event(title=title or f"Event {next(_numbers)}", moderation_status=status, **fields)
    event.save()
    if tags:
        event.tags.set(Tag.objects.named(list(tags)))
    if areas:
        event.areas.set(Area.objects.named(list(areas)))
    return event


def make_comment(
    event: Event, text: str = "The lift works.", *, status: Status = Status.PUBLISHED, **fields: Any
) -> Comment:
    """A published addition to `event`, saved. A hidden one was public before, as the usual hidden post was."""
    if status == Status.HIDDEN:
        fields.setdefault("public_since", timezone.now() - timedelta(hours=1))
    comment = Comment(event=event, body=f"<p>{text}</p>", moderation_status=status, **fields)
    comment.save()
    return comment


@functools.cache
def a_picture(shape: tuple[int, int] = (30, 40)) -> Picture | Document:
    file = io.BytesIO()
    Image.new("RGB", shape, "steelblue").save(file, "PNG")
    return read_upload(SimpleUploadedFile("flyer.png", file.getvalue()))


def make_attachment(event: Event, upload: Picture | Document | None = None, **fields: Any) -> Attachment:
    """A picture of the event, the last in order."""
    attachment = Attachment.objects.stash(upload or a_picture(), "", event.attachments.count() + 1)
    Attachment.objects.filter(pk=attachment.pk).update(event=event, draft_key="", **fields)
    return Attachment.objects.get(pk=attachment.pk)


def make_filter(expressions: str = "casino", **fields: Any) -> ContentFilter:
    """A content filter that is switched on and holds what it finds anywhere."""
    fields = {"title": f"Filter {next(_numbers)}", "why": "Advertising", "is_active": True, **fields}
    return ContentFilter.objects.create(expressions=expressions, **fields)


def make_report(post: Moderated, text: str = "", reason: str = Report.Reason.WRONG) -> Report:
    """A complaint that waits in the queue."""
    report = Report.objects.create(post=post, reason=reason, text=text)
    QueueEntry.objects.put(post, is_reported=True)
    return report
