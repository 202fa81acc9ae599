from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.emails import send_digest


class Command(BaseCommand):
    help = "Mails the moderators the reports that they were not told of yet. For cron, with REPORT_MAIL=digest."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(f"{send_digest()} reports.")
        except OSError as error:
            raise CommandError(
                f"The mail server did not take the digest ({error}); the next one tells of it."
            ) from None
