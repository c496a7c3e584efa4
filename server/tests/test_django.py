"""The Django app in this process: settings, tokens, calls and their queries."""

# ruff: noqa: PLC0415 -- models can be imported once Django is set up

import asyncio
import base64
import importlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import pytest
from centrifugo_rpc import Conn, MessageRouter, RegistrationError
from centrifugo_rpc.dispatch import Dispatcher
from centrifugo_rpc.settings import Settings
from centrifugo_rpc.wire import Caller, Request
from http_api import API
from processes import PATIENCE_S, PROXY_SECRET, environment, run_program

if TYPE_CHECKING:
    from centrifugo_rpc.django.store import CacheStore

SECRET = "a-secret-that-only-centrifugo-knows"


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set up Django, once, with a database in a file."""
    path = tmp_path_factory.mktemp("django") / "db.sqlite3"
    # Django reads the environment once; processes of other tests must not see it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_DATABASE", str(path))
        patch.setenv("DJANGO_SETTINGS_MODULE", "django_project.settings")
        django.setup()
        make_database()
    return path


def make_database() -> None:
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("createcachetable", verbosity=0)
    connections.close_all()


Call = Callable[..., "asyncio.Future[Any]"]


@pytest.fixture
def call(database: Path) -> Call:  # noqa: ARG001 -- sets Django up
    """Return a function that calls a method as a worker does."""
    return caller(Settings())


def caller(settings: Settings) -> Call:
    """Return a function that calls a method of a worker with these settings."""
    dispatcher = Dispatcher(MessageRouter.default, settings)

    async def run(method: str, **params: object) -> Any:
        request = Request(Caller("456"), method, json.dumps(params).encode())
        reply = await dispatcher.ask(request)
        assert reply is not None
        return json.loads(reply)

    return lambda *args, **params: asyncio.ensure_future(run(*args, **params))


async def test_queries_of_several_calls_run_at_once(call: Call) -> None:
    """Each of the queries ends only when all of them have begun."""
    from django_project.models import Thing
    from django_project.rpc import GUESTS

    await Thing.objects.acreate(name="one")
    await close_here()
    replies = await asyncio.gather(*[call("things.meet") for _ in range(GUESTS)])
    assert replies == [{"result": None}] * GUESTS


async def close_here() -> None:
    """Close the connection of queries that no call has made."""
    from asgiref.sync import sync_to_async
    from django.db import connections

    await sync_to_async(connections.close_all)()


async def test_a_handler_that_is_not_async_has_the_thread_of_its_call(
    call: Call,
) -> None:
    from django_project import rpc

    rpc.opened.clear()
    assert (await call("things.add_in_thread", name="sync"))["result"] == 1
    [thread] = rpc.opened
    assert thread is not threading.current_thread()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


async def test_a_call_leaves_no_thread_and_no_connection(call: Call) -> None:
    """A connection that nobody closes is a warning, which fails the run."""
    from django_project import rpc

    rpc.opened.clear()
    assert "result" in await call("things.count")
    [thread] = rpc.opened
    await asyncio.to_thread(thread.join)
    assert "result" in await call("echo", text="no query")
    assert len(rpc.opened) == 1


async def test_a_query_past_its_deadline_holds_up_nothing(call: Call) -> None:
    from django_project import rpc
    from django_project.models import Thing

    await Thing.objects.acreate(name="one")
    await close_here()
    rpc.release.clear()
    rpc.opened.clear()
    try:
        reply = await call("things.wait")
        assert reply["error"]["code"] == -32000
        assert "result" in await call("things.count")
        assert rpc.opened[0].is_alive()
    finally:
        rpc.release.set()
    for thread in rpc.opened:
        await asyncio.to_thread(thread.join)


@pytest.mark.usefixtures("database")
async def test_clients_do_not_choose_how_many_connections_are_open() -> None:
    """A call past its deadline keeps its place as long as its query runs."""
    from django_project import rpc
    from django_project.models import Thing

    await Thing.objects.acreate(name="one")
    await close_here()
    rpc.release.clear()
    rpc.opened.clear()
    call = caller(Settings(user_concurrency=2))
    try:
        for _ in range(6):
            assert (await call("things.wait"))["error"]["code"] == -32000
        assert len(rpc.opened) <= 2
    finally:
        rpc.release.set()
    assert "result" in await call("things.count")
    for thread in rpc.opened:
        await asyncio.to_thread(thread.join)


async def test_a_database_that_is_replaced(call: Call, database: Path) -> None:
    """Also with connections that Django would keep open."""
    await call("things.add", name="old")
    assert (await call("things.count"))["result"] > 0
    await asyncio.to_thread(database.rename, database.with_name("old.sqlite3"))
    await asyncio.to_thread(make_database)
    assert await call("things.count") == {"result": 0}


async def test_a_connection_that_is_lost_in_a_call(call: Call) -> None:
    reply = await call("things.cut")
    assert reply["error"]["code"] == -32603
    assert "result" in await call("things.count")


@pytest.mark.usefixtures("database")
def test_users_tests_share_the_transaction_of_the_test() -> None:
    """A TestCase's queries, and those of a called handler, are in one transaction."""
    from asgiref.sync import async_to_sync
    from django.db import connections, transaction
    from django_project.models import Thing

    with transaction.atomic():
        Thing.objects.create(name="uncommitted")
        router = MessageRouter.default
        called = async_to_sync(router.call)(
            "things.add", {"name": "uncommitted"}, user="1"
        )
        assert called == 2
        transaction.set_rollback(True)
    connections.close_all()


@pytest.fixture
def override(
    database: Path,  # noqa: ARG001 -- sets Django up
) -> Iterator[Callable[..., None]]:
    """Set keys of CENTRIFUGO_RPC for a test."""
    from django.test import override_settings

    stack: list[Any] = []

    def use(**values: object) -> None:
        one = override_settings(CENTRIFUGO_RPC=values)
        one.enable()
        stack.append(one)

    yield use
    while stack:
        stack.pop().disable()


def test_settings_come_before_the_environment(
    override: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from centrifugo_rpc.django.conf import django_settings, worker_settings

    monkeypatch.setenv("RPC_WORKER_API_KEY", "environment")
    monkeypatch.setenv("RPC_WORKER_RATE", "7")
    override(API_KEY="settings", QUEUE=5, TITLE="Things", TOKEN_CALLBACK="a:b")
    ours = worker_settings()
    assert (ours.api_key, ours.rate, ours.queue) == ("settings", 7.0, 5)
    assert ours.token_callback == "a:b"
    assert django_settings().title == "Things"
    override(VERSION=2, TOKEN_TTL_S="60")
    assert (django_settings().version, django_settings().token_ttl_s) == ("2", 60.0)


@pytest.mark.parametrize(
    "command", ["generate_centrifugo_clients", "centrifugo_token 456", "runrpc"]
)
def test_commands_explain_wrong_settings(
    override: Callable[..., None], command: str
) -> None:
    from django.core.management import CommandError, call_command

    override(QUEUE="many")
    with pytest.raises(CommandError, match="QUEUE must be a whole number") as caught:
        call_command(*command.split())
    assert caught.value.returncode == 2


def test_a_variable_that_is_not_set_is_no_secret(
    override: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project writes ``"TOKEN_SECRET": os.environ.get("MINE")``."""
    from centrifugo_rpc.django.conf import django_settings, worker_settings
    from centrifugo_rpc.django.tokens import connection_token
    from django.core.exceptions import ImproperlyConfigured

    monkeypatch.setenv("RPC_WORKER_API_KEY", "environment")
    override(API_KEY=None, TOKEN_SECRET=None, PROXY_SECRET=None, TITLE=None)
    assert worker_settings().api_key == "environment"
    assert django_settings().title == ""
    with pytest.raises(ImproperlyConfigured, match="TOKEN_SECRET is not set"):
        connection_token("456")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"API_KYE": "x"}, "unknown key 'API_KYE'; did you mean 'API_KEY'"),
        ({"QUEUE": "many"}, "RPC_WORKER_QUEUE must be a whole number"),
        ({"TOKEN_SECRET": "x", "TOKEN_CALLBACK": "a:b"}, "are both set"),
        ({"PROXY_SECRET": "short"}, "fewer than 16"),
        ({}, "RPC_WORKER_PROXY_SECRET is not set"),
        ({"DEDUPE_CACHE": "redis"}, "CACHES has no such cache"),
        ({"DEDUPE_CACHE": "shared", "STORE": "redis://a"}, "STORE are both set"),
        ({"PROXY_SECRET": SECRET.encode()}, r"\['PROXY_SECRET'\] must be a text"),
        ({"WSGEN": ["wsgen"]}, r"\['WSGEN'\] must be a text"),
        ({"TOKEN_TTL_S": "1h"}, r"\['TOKEN_TTL_S'\] must be a number, not '1h'"),
        ({"TOKEN_TTL_S": 0}, r"\['TOKEN_TTL_S'\] must be a number above 0"),
    ],
)
def test_what_manage_py_check_says(
    override: Callable[..., None], values: dict[str, Any], said: str
) -> None:
    from django.core.management import call_command
    from django.core.management.base import SystemCheckError

    override(**values)
    with pytest.raises(SystemCheckError, match=said):
        call_command("check")
    override(PROXY_SECRET=SECRET)
    call_command("check", verbosity=0)


def test_a_cache_of_one_process_is_told_what_to_name(
    override: Callable[..., None],
) -> None:
    from centrifugo_rpc.django.checks import check_settings

    override(DEDUPE_CACHE="default", PROXY_SECRET=SECRET)
    (found,) = check_settings()
    assert found.id == "centrifugo_rpc.W002"
    assert "such as Redis; for one process, leave it out" in str(found.hint)


@pytest.mark.usefixtures("database")
def test_no_start_with_types_that_nobody_has_defined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.apps import apps

    monkeypatch.setattr(MessageRouter.default.registry, "handlers", {})
    monkeypatch.delitem(sys.modules, "undefined_types", raising=False)
    importlib.import_module("undefined_types")
    with pytest.raises(RegistrationError, match="unknown name: name 'Nowhere'"):
        apps.get_app_config("centrifugo_rpc").ready()


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    read: dict[str, Any] = json.loads(decoded)
    return read


def test_tokens_name_the_reply_channel(override: Callable[..., None]) -> None:
    from centrifugo_rpc.django.tokens import connection_token
    from django.contrib.auth.models import AnonymousUser, User

    override(TOKEN_SECRET="secret")
    read = claims(connection_token(User(pk=7)))
    assert (read["sub"], read["channels"]) == ("7", ["user#7"])
    assert claims(connection_token("7", channels=["news"]))["channels"] == ["news"]
    staff = {"staff": True}
    read = claims(connection_token("7", info=staff))
    assert read["info"] == read["meta"] == staff  # for each front door
    override(TOKEN_SECRET="secret", REPLY_CHANNEL="user:{nonce}#{user_id}")
    assert "channels" not in claims(connection_token("7"))
    for nobody in (AnonymousUser(), "", "a#b", "a,b"):
        with pytest.raises(ValueError, match="no reply channel"):
            connection_token(nobody)


def test_the_token_view(override: Callable[..., None]) -> None:
    from django.contrib.auth.models import User
    from django.db import connections
    from django.test import Client

    override(TOKEN_SECRET="secret")
    client = Client()
    assert client.get("/centrifugo/token").status_code == 401
    user = User.objects.create(username="someone")
    client.force_login(user)
    answer = client.get("/centrifugo/token")
    connections.close_all()
    assert answer.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    body = answer.json()
    assert claims(body["token"])["sub"] == body["user"] == str(user.pk)
    assert body["url"] == "ws://127.0.0.1:8000/connection/websocket"


def test_a_user_who_cannot_have_a_reply_channel(
    override: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.middleware import AuthenticationMiddleware
    from django.contrib.auth.models import User
    from django.test import Client

    def log_in(_: object, request: Any) -> None:
        request.user = User(pk="urn:x:1")

    override(TOKEN_SECRET="secret")
    monkeypatch.setattr(AuthenticationMiddleware, "process_request", log_in)
    answer = Client().get("/centrifugo/token")
    assert answer.status_code == 403
    assert "no reply channel belongs to user 'urn:x:1'" in answer.json()["error"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_handler_that_would_end_the_process(
    override: Callable[..., None], error: type[BaseException]
) -> None:
    """Neither this call nor the next one waits for ever."""
    from centrifugo_rpc.django import runtime

    override(API_KEY="key")
    router = MessageRouter()

    async def end(_: Conn) -> None:
        raise error

    router.add("end", end)
    worker = runtime.Runtime(router, Settings(api_key="key"), "")

    async def ask() -> Any:
        request = Request(Caller("456"), "end", b"{}")
        return await worker.dispatcher.ask(request)

    async def run() -> Any:
        return json.loads(await asyncio.wait_for(worker.run(ask), PATIENCE_S))

    for _ in range(2):
        assert asyncio.run(run())["error"]["code"] == -32603
    worker.close()


def test_a_process_that_shuts_down_says_so(override: Callable[..., None]) -> None:
    """It takes nothing more, which nobody would finish."""
    from centrifugo_rpc.django import runtime
    from django.test import Client

    override(API_KEY="key", PROXY_SECRET=SECRET)
    running = runtime.runtime()
    draining, drained = threading.Event(), threading.Event()
    drain = running.dispatcher.drain

    async def held() -> None:
        await drain()
        draining.set()
        await asyncio.to_thread(drained.wait, PATIENCE_S)

    running.dispatcher.drain = held  # type: ignore[method-assign]
    closing = threading.Thread(target=runtime.close)
    closing.start()
    try:
        assert draining.wait(PATIENCE_S)
        client = Client(headers={"X-Centrifugo-RPC-Secret": SECRET})
        assert client.get("/readyz").status_code == 503
        body = {"user": "456", "method": "things.count", "data": {}}
        answer = client.post("/centrifugo/rpc", body, "application/json")
        assert answer.json()["result"]["data"]["error"]["code"] == -32003
    finally:
        drained.set()
        closing.join()
    assert runtime.runtime() is not running, "a later call starts anew"
    runtime.close()


@pytest.mark.parametrize(
    ("module", "extra"),
    [("centrifugo_rpc.asgi", "asgi"), ("centrifugo_rpc.django.runtime", "django")],
)
def test_what_is_not_installed(module: str, extra: str) -> None:
    code = f"import sys; sys.modules['aiohttp'] = None; import {module}"
    env = environment(Settings())
    done = run_program(sys.executable, "-c", code, env=env)
    assert done.stderr.endswith(f": install centrifugo-rpc[{extra}]\n")


def test_the_proxies_without_a_secret(override: Callable[..., None]) -> None:
    from centrifugo_rpc.django import runtime
    from django.core.exceptions import ImproperlyConfigured
    from django.test import Client

    override(API_KEY="key")
    with pytest.raises(ImproperlyConfigured, match="PROXY_SECRET is not set"):
        Client().post("/centrifugo/publish", {}, "application/json")
    runtime.close()


def test_an_event_from_outside_of_calls(override: Callable[..., None]) -> None:
    """A view, a signal or a task may publish, in any thread and on any loop."""
    from asgiref.sync import async_to_sync
    from centrifugo_rpc.django import runtime

    router = MessageRouter()
    router.publisher = runtime.EventPublisher()
    event = router.add_event("thing.added", "things:{kind}", str)

    async def publish() -> list[Any]:
        async with API() as api:
            override(API_URL=api.url, API_KEY="key")
            # On a loop of its own, as in a synchronous view.
            for name in ("one", "two"):
                await asyncio.to_thread(
                    async_to_sync(router.publish), event, name, kind="new"
                )
            await asyncio.to_thread(runtime.close)
            return api.batches

    batches = asyncio.run(publish())
    sent = [publication for batch in batches for publication in batch]
    assert [(one["channel"], one["data"]) for one in sent] == [
        ("things:new", "one"),
        ("things:new", "two"),
    ]


def _subscribe(channel: str, user: str, secret: str = PROXY_SECRET) -> tuple[int, Any]:
    from django.test import Client

    answer = Client().post(
        "/centrifugo/subscribe",
        {"client": "c", "user": user, "channel": channel},
        content_type="application/json",
        headers={"X-Centrifugo-RPC-Secret": secret},
    )
    return answer.status_code, answer.json()


def test_the_subscribe_view_asks_the_permission(override: Callable[..., None]) -> None:
    """The query has a connection of its own, and a transaction is around nothing."""
    from centrifugo_rpc.django import runtime
    from django.db import connections
    from django_project.models import Thing

    runtime.close()
    override(API_KEY="key", PROXY_SECRET=PROXY_SECRET)
    Thing.objects.create(name="456")
    connections.close_all()
    refused = {"error": {"code": 403, "message": "permission denied"}}
    assert _subscribe("named:456", "456") == (200, {"result": {}})
    assert _subscribe("named:456", "999") == (200, refused)
    assert _subscribe("named:none", "none") == (200, refused)
    assert _subscribe("named:456", "456", "wrong") == (401, {})
    runtime.close()


def test_the_subscription_token_view(override: Callable[..., None]) -> None:
    from centrifugo_rpc.django import runtime
    from django.contrib.auth.models import User
    from django.db import connections
    from django.test import Client
    from django_project.models import Thing

    runtime.close()
    override(API_KEY="key", PROXY_SECRET=PROXY_SECRET, TOKEN_SECRET="secret")
    client, path = Client(), "/centrifugo/subscription_token"
    assert client.get(path, {"channel": "named:x"}).status_code == 401
    user = User.objects.create(username="subscriber")
    Thing.objects.create(name=str(user.pk))
    client.force_login(user)
    own = f"named:{user.pk}"
    answer = client.get(path, {"channel": own})
    read = claims(answer.json()["token"])
    assert (read["sub"], read["channel"], read["expire_at"]) == (str(user.pk), own, 0)
    assert "no-store" in answer.headers["Cache-Control"]
    for channel in ("named:999", "nothing", ""):
        answer = client.get(path, {"channel": channel})
        assert (answer.status_code, answer.json()) == (
            403,
            {"error": "permission denied"},
        )
    connections.close_all()
    runtime.close()


@pytest.fixture
def store(database: Path) -> "CacheStore":  # noqa: ARG001 -- sets Django up
    from centrifugo_rpc.django.store import CacheStore

    return CacheStore("shared")


async def test_the_store_for_retries(store: "CacheStore") -> None:
    assert await store.begin("456:a", 60) is None
    assert await store.begin("456:a", 60) == b""
    await store.finish("456:a", b"reply", 60)
    assert await store.begin("456:a", 60) == b"reply"
    assert await store.begin("456:b", 60) is None
    await store.forget("456:b")
    assert await store.begin("456:b", 60) is None
    # A name that a cache would not take as it is.
    assert await store.begin("456:" + "ü " * 200, 60) is None


async def test_only_one_of_several_claims_a_request(store: "CacheStore") -> None:
    claims = await asyncio.gather(*[store.begin("456:same", 60) for _ in range(8)])
    assert claims.count(None) == 1


FORK = """
import asyncio, os, warnings
import django

warnings.simplefilter("ignore", DeprecationWarning)  # fork and threads: what we test
django.setup()
from centrifugo_rpc.django.runtime import runtime

async def answer():
    return 7

assert asyncio.run(runtime().run(answer)) == 7
child = os.fork()
if child == 0:
    os._exit(asyncio.run(runtime().run(answer)))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_server_that_forks_its_workers() -> None:
    """Threads do not follow into a child: it starts its own."""
    env = environment(Settings(api_key="key"))
    env["DJANGO_SETTINGS_MODULE"] = "django_project.settings"
    done = run_program(sys.executable, "-c", FORK, env=env)
    assert (done.stdout, done.stderr) == ("7\n", "")
