from typing import Any

from django.core.management.base import BaseCommand
from django.db import IntegrityError

from events.models import EventGroup


class Command(BaseCommand):
    help = "Makes the dates of repeating events up to SERIES_HORIZON_DAYS ahead. Run it once a day."

    def handle(self, *args: Any, **options: Any) -> None:
        horizon = EventGroup.horizon()
        made = continued = last = 0
        # One after the other, each in a transaction of its own: what is done stays done.
        while series := EventGroup.objects.to_continue(horizon).filter(pk__gt=last).first():
            last = series.pk
            try:
                dates = series.continue_until(horizon)
            except IntegrityError:
                # Its account or its edit link went at this moment. It is looked at again the next time.
                self.stderr.write(f"series {series.pk} was left for the next time: it is being changed")
                continue
            if dates:
                made, continued = made + len(dates), continued + 1
        self.stdout.write(f"dates made: {made}, in series: {continued}")
