"""Runs the ASGI application under uvicorn, on a free port that it prints."""

import socket

import uvicorn
from centrifugo_rpc import logs
from centrifugo_rpc.settings import Settings
from worker_handlers import application


def main() -> None:
    """Serve until SIGTERM."""
    settings = Settings.from_env()
    logs.configure(settings.log_level, settings.log_format)
    server = uvicorn.Server(uvicorn.Config(application(), log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"listening on {listener.getsockname()[1]}", flush=True)  # noqa: T201
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
