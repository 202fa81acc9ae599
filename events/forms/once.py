"""Forms that make one post, however often they are sent."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from events_site.guards import FormToken, GuardedForm


class OnceForm(GuardedForm):
    """A new post from anybody. The same form, or a fresh one with the same in it, gives the post it made before.

    A browser that goes back asks for a fresh form, with a fresh token, and fills in what was typed.
    """

    instance: Any

    def alike(self) -> models.QuerySet:
        """Posts by the same author that may be the same as the new one."""
        raise NotImplementedError

    def differs_from(self, post: Any) -> bool:
        """Whether the form says something else than `post`, which it made, or which is alike."""
        raise NotImplementedError

    def question_about(self, post: Any) -> Any:
        """What is asked when the form that made `post` is sent again and says something else."""
        raise NotImplementedError

    def make(self) -> Any:
        """Saves the new post with all that belongs to it, in the transaction around it."""
        raise NotImplementedError

    def clean_token(self, token: FormToken) -> None:
        super().clean_token(token)
        if not self.errors and (sent := self.sent_before(token)) and self.differs_from(sent):
            fresh = replace(token, key=FormToken.new().key, confirmed=time.time())
            self.ask_again(fresh, self.question_about(sent))

    def sent_before(self, token: FormToken) -> Any:
        """The post that the form with this token made, if it was sent before."""
        return type(self.instance)._default_manager.filter(submission_key=token.submission_key).first()

    def sent_lately(self) -> Any:
        """The same post by the same author, sent within a day and not withdrawn since."""
        since = timezone.now() - timedelta(seconds=settings.FORM_MAX_SECONDS)
        alike = self.alike().filter(submission_key__isnull=False, created_on__gte=since)
        return next((post for post in alike if not post.is_withdrawn and not self.differs_from(post)), None)

    def save_once(self) -> Any:
        """The post, made now or before."""
        assert self.token is not None
        if sent := self.sent_lately():
            return sent
        self.instance.submission_key = self.token.submission_key
        try:
            with transaction.atomic():
                return self.make()
        except IntegrityError:
            if (sent := self.sent_before(self.token)) is None:
                raise
            return sent
