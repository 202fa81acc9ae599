from typing import Any

from django.core.management.base import BaseCommand

from events.models import EventGroup


class Command(BaseCommand):
    help = "Makes the dates of repeating events up to SERIES_HORIZON_DAYS ahead. Run it once a day."

    def handle(self, *args: Any, **options: Any) -> None:
        horizon = EventGroup.horizon()
        made = continued = last = 0
        # One after the other, each in a transaction of its own: what is done stays done.
        while series := EventGroup.objects.to_continue(horizon).filter(pk__gt=last).first():
            last = series.pk
            if dates := series.continue_until(horizon):
                made, continued = made + len(dates), continued + 1
        self.stdout.write(f"dates made: {made}, in series: {continued}")
