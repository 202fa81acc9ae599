from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CollectivesConfig(AppConfig):
    name = "collectives"
    verbose_name = _("Collectives")

    def ready(self) -> None:
        from collectives import accounts, receivers  # noqa: F401
