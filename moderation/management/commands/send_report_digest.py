from typing import Any

from django.core.management.base import BaseCommand

from moderation.emails import send_digest


class Command(BaseCommand):
    help = "Mails the moderators the reports that they were not told of yet. For cron, with REPORT_MAIL=digest."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{send_digest()} reports.")
