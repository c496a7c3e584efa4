"""The command ``serve``: the subscriber as a process."""

import argparse
import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from . import logs
from .ops import Page, serve_pages
from .router import MessageRouter
from .settings import PREFIX, Settings, SettingsError
from .target import TargetError, load_router
from .typeinfo import RegistrationError

if TYPE_CHECKING:
    from .subscriber import Subscriber
    from .tokens import TokenCallback

_logger = logging.getLogger(__name__)
_LAST_S = 1.0
_USAGE = f"""\
Connects to Centrifugo, receives every request on the requests channel and answers it.
For development: it must be the only worker. In production let Centrifugo's publish
proxy call the ASGI application of centrifugo_rpc.asgi, in any number of processes.

Settings come from the environment: {PREFIX}WS_URL, {PREFIX}API_URL,
{PREFIX}API_KEY, {PREFIX}TOKEN_SECRET or {PREFIX}TOKEN_CALLBACK;
centrifugo_rpc.settings lists them all.
Exit codes: 0 ended by a signal, 1 failed, 2 wrong usage or settings, 3 wrong modules.
"""


def add_parser(
    # argparse has no public name for it.
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "serve",
        help="answer requests, in one process, for development",
        description=_USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "targets", nargs="+", metavar="MODULE[:ROUTER]", help="modules with handlers"
    )
    add_options(parser)
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that stand for settings."""
    parser.add_argument(
        "--health-address",
        metavar="HOST:PORT",
        help="serve /healthz, /readyz, /metrics",
    )
    parser.add_argument(
        "--proxy-address",
        metavar="HOST:PORT",
        help="let Centrifugo ask here who may subscribe to events",
    )
    parser.add_argument(
        "--log-level", metavar="LEVEL", help="debug, info, warning, error"
    )
    parser.add_argument("--log-format", metavar="FORMAT", help="text or json")


def with_options(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """Return settings with the options that were given."""
    names = ("proxy_address", "health_address", "log_level", "log_format")
    given = {name: options[name] for name in names if options[name]}
    return dataclasses.replace(settings, **given)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    try:
        settings = with_options(Settings.from_env(), vars(args))
        logs.configure(settings.log_level, settings.log_format)
        router = load_router(args.targets)
    except SettingsError as error:
        return _fail(str(error), 2)
    except TargetError as error:
        return _fail(str(error), 3)
    return serve_last(router, settings)


def serve(
    router: MessageRouter, settings: Settings, *, token: "TokenCallback | None" = None
) -> int:
    """Answer a router's requests until SIGTERM or SIGINT; return the exit code.

    ``token`` is that of ``Subscriber``.
    """
    try:
        from .subscriber import Subscriber, WorkerError  # noqa: PLC0415 -- an extra
    except ImportError as error:
        return _fail(f"{error}: install centrifugo_rpc[worker]", 1)

    async def work() -> int:
        try:
            if settings.proxy_address:
                settings.require_proxy_secret()
            subscriber = Subscriber(router, settings, token=token)
            await _serve(subscriber, router, settings)
        except SettingsError as error:
            return _fail(str(error), 2)
        except RegistrationError as error:
            return _fail(str(error), 3)
        except (WorkerError, OSError) as error:
            return _fail(str(error), 1)
        return 0

    return _run(work())


def serve_last(router: MessageRouter, settings: Settings) -> int:
    """Serve as the last thing that a process does: no thread holds up its end.

    Python itself waits for the threads of every pool, such as those of queries.
    """
    code = 1
    try:
        code = serve(router, settings)
        return code
    finally:
        _later(_leave_threads, code)


def _run(work: Coroutine[Any, Any, int]) -> int:
    """Run to the end, and leave handlers behind that do not end.

    ``asyncio.run`` would wait for all their tasks and threads, possibly for ever.
    """
    ending: list[threading.Timer] = []

    async def main() -> int:
        code, failure = 1, None
        try:
            code = await work
        except BaseException as error:
            failure = error
            raise
        else:
            return code
        finally:
            ending.append(_later(_leave, code, failure))

    try:
        return asyncio.run(main())
    finally:
        for timer in ending:
            timer.cancel()


def _later(leave: Callable[..., None], *arguments: object) -> threading.Timer:
    """Give the rest of the process a little time."""
    timer = threading.Timer(_LAST_S, leave, arguments)
    timer.daemon = True
    timer.start()
    return timer


def _leave_threads(code: int) -> None:
    """End the process if there are threads that Python waits for."""
    # Idle threads have ended by now. A process without threads may take its time.
    main = threading.main_thread()
    if any(one is not main and not one.daemon for one in threading.enumerate()):
        _leave(code)


def _leave(code: int, failure: BaseException | None = None) -> None:
    """End the process now; all replies have been sent."""
    what = "ending without handlers that still run, or threads of theirs"
    _logger.error(what, exc_info=failure)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


async def _serve(
    subscriber: "Subscriber", router: MessageRouter, settings: Settings
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(number: int) -> None:
        # A second signal of the kind ends the process as it always does.
        loop.remove_signal_handler(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    async with contextlib.AsyncExitStack() as stack:
        if settings.health_address:
            server = await serve_pages(settings.health_address, _pages(subscriber))
            stack.callback(server.close)
            host, port = server.sockets[0].getsockname()[:2]
            _say(f"health on {host}:{port}")
        if settings.proxy_address:
            server = await _answer_subscriptions(subscriber, router, settings)
            stack.callback(server.close)
        announcing = asyncio.ensure_future(_announce(subscriber, settings))
        stack.callback(announcing.cancel)
        await subscriber.run(stop)


async def _answer_subscriptions(
    subscriber: "Subscriber", router: MessageRouter, settings: Settings
) -> asyncio.Server:
    """Let Centrifugo ask who may subscribe to events."""
    from .subscribe import SubscribeDoor  # noqa: PLC0415 -- an extra
    from .subscribe_http import serve_subscriptions  # noqa: PLC0415 -- the same

    door = SubscribeDoor(router, settings, subscriber.metrics)
    address, secret = settings.proxy_address, settings.proxy_secret
    server = await serve_subscriptions(address, door, secret)
    host, port = server.sockets[0].getsockname()[:2]
    _say(f"subscriptions on {host}:{port}")
    return server


async def _announce(subscriber: "Subscriber", settings: Settings) -> None:
    """Tell scripts, which wait for this line, that requests are answered now."""
    await subscriber.connected.wait()
    _say(f"answering requests on {settings.requests_channel}")


def _pages(subscriber: "Subscriber") -> dict[str, Page]:
    async def healthy() -> tuple[int, str]:
        return 200, "ok\n"

    async def ready() -> tuple[int, str]:
        problem = await subscriber.problem()
        return (503 if problem else 200), f"{problem or 'ok'}\n"

    async def metrics() -> tuple[int, str]:
        return 200, subscriber.metrics.text()

    return {"/healthz": healthy, "/readyz": ready, "/metrics": metrics}


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- the command's output


def _fail(message: str, code: int) -> int:
    print(f"centrifugo_rpc serve: {message}", file=sys.stderr)  # noqa: T201
    return code
