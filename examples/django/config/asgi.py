"""For an ASGI server."""

import os

from centrifugo_rpc.django.runtime import lifespan
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# With it, a shutdown of the server finishes the calls that run.
application = lifespan(get_asgi_application())
