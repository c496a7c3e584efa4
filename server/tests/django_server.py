"""Runs the tests' Django project as ``wsgi``, ``asgi`` or ``plain_asgi``, on a free port that it prints.

``tables`` makes its database.
"""

import os
import signal
import socket
import sys
from typing import Any

import django
from centrifugo_rpc import logs

os.environ["DJANGO_SETTINGS_MODULE"] = "django_project.settings"


def wsgi() -> None:
    """Serve with a thread for each request, until SIGTERM."""
    from django.core.servers.basehttp import (  # noqa: PLC0415 -- after the settings
        ThreadedWSGIServer,
        WSGIRequestHandler,
    )
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    def end(*_: object) -> None:
        # As WSGI servers do: the interpreter ends in good order.
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    say(server.server_port)
    server.serve_forever()


def asgi() -> None:
    """Serve with uvicorn, until SIGTERM."""
    from centrifugo_rpc.django.runtime import lifespan  # noqa: PLC0415
    from django.core.asgi import get_asgi_application  # noqa: PLC0415

    serve(lifespan(get_asgi_application()))


def plain_asgi() -> None:
    """Serve with uvicorn what Django's own template of ``asgi.py`` has."""
    from django.core.asgi import get_asgi_application  # noqa: PLC0415

    serve(get_asgi_application())


def serve(application: Any) -> None:
    """Serve with uvicorn."""
    import uvicorn  # noqa: PLC0415

    server = uvicorn.Server(uvicorn.Config(application, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        say(listener.getsockname()[1])
        server.run(sockets=[listener])


def tables() -> None:
    """Create the tables, the cache's included."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("createcachetable", verbosity=0)


def say(port: int) -> None:
    """Tell the test where the server is."""
    print(f"listening on {port}", flush=True)  # noqa: T201


if __name__ == "__main__":
    django.setup()
    logs.configure(os.environ["RPC_WORKER_LOG_LEVEL"], "text")
    commands = {"plain_asgi": plain_asgi, "tables": tables, "asgi": asgi, "wsgi": wsgi}
    commands[sys.argv[1]]()
