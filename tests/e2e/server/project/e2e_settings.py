"""The example, with an application of handlers that go wrong."""  # noqa: INP001 - it stands beside the example's manage.py

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "faults"]
ROOT_URLCONF = "e2e_urls"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"level": {"format": "%(levelname)s %(message)s"}},
    "handlers": {"all": {"class": "logging.StreamHandler", "formatter": "level"}},
    "loggers": {"centrifugo_rpc": {"handlers": ["all"], "level": "DEBUG"}},
}
