"""The FastAPI integration: doors, tokens, dependencies; run where FastAPI is installed."""

import asyncio
import json
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

pytest.importorskip("fastapi")

from anyio import from_thread
from centrifugo_rpc import Conn, MessageRouter, RegistrationError, RPCError, wire
from centrifugo_rpc.dispatch import Dispatcher
from centrifugo_rpc.fastapi import CentrifugoRPC, CurrentConn
from centrifugo_rpc.metrics import Metrics
from centrifugo_rpc.settings import Settings, SettingsError
from centrifugo_rpc.subscribe import SubscribeDoor
from centrifugo_rpc.testing import recorded_events
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.security import HTTPBearer
from fastapi.testclient import TestClient
from http_api import API
from processes import (
    API_KEY,
    PATIENCE_S,
    PROXY_SECRET,
    TOKEN_SECRET,
    StartBroker,
    run_program,
)
from pydantic import BaseModel

SERVER = Path(__file__).parents[1]
SECRET = {"X-Centrifugo-RPC-Secret": PROXY_SECRET}
SETTINGS = Settings(
    api_key=API_KEY, proxy_secret=PROXY_SECRET, token_secret=TOKEN_SECRET
)


class Params(BaseModel):
    value: int = 1


class Counted(BaseModel):
    by: str


class Session:
    """What handlers use; the test sees when it is open."""

    opened = 0
    closed = 0


async def open_session() -> AsyncIterator[Session]:
    Session.opened += 1
    yield Session()
    Session.closed += 1


SessionDep = Annotated[Session, Depends(open_session)]


def current_user(conn: CurrentConn, session: SessionDep) -> str:
    assert isinstance(session, Session)
    return f"user {conn.user}"


UserDep = Annotated[str, Depends(current_user)]


class World:
    """An application with a router of its own."""

    def __init__(self, **options: Any) -> None:
        Session.opened = Session.closed = 0
        self.app = FastAPI(title="Things", version="2.0.0")
        self.messages = MessageRouter()
        self.rpc = CentrifugoRPC(self.app, self.messages, **options)
        self.app.include_router(self.rpc.router)

    def call(self, method: str, params: object = None) -> Any:
        return asyncio.run(self.messages.call(method, params, user="456"))


@pytest.fixture
def world() -> World:
    return World()


def test_dependencies_of_handlers(world: World) -> None:
    @world.messages.rpc("both")
    async def both(
        conn: Conn,
        params: Params,
        session: SessionDep,
        user: str = Depends(current_user),
    ) -> str:
        assert Session.closed == 0
        assert isinstance(session, Session)
        return f"{conn.user} {params.value} {user}"

    @world.messages.rpc("without_params")
    def without_params(_: Conn, *, user: UserDep) -> list[str]:
        return [user, threading.current_thread().name]

    world.messages.check()
    assert world.call("both", {"value": 7}) == "456 7 user 456"
    assert (Session.opened, Session.closed) == (1, 1)
    user, thread = world.call("without_params")
    assert (user, thread == threading.current_thread().name) == ("user 456", False)


def test_clients_do_not_see_dependencies(world: World) -> None:
    @world.messages.rpc("only")
    async def only(_: Conn, user: UserDep) -> str:
        return user

    assert world.messages.registry.methods()[0].params_type is None


def test_overrides_for_tests(world: World) -> None:
    @world.messages.rpc("user")
    async def handler(_: Conn, user: UserDep) -> str:
        return user

    world.app.dependency_overrides[current_user] = lambda: "somebody"
    assert world.call("user") == "somebody"
    world.app.dependency_overrides = {}
    assert world.call("user") == "user 456"


def test_the_state_of_the_application(world: World) -> None:
    def pool(request: Request) -> str:
        pool: str = request.app.state.pool
        return pool

    @world.messages.rpc("pool")
    async def handler(_: Conn, pool: Annotated[str, Depends(pool)]) -> str:
        return pool

    world.app.state.pool = "the pool"
    assert world.call("pool") == "the pool"


def test_dependencies_of_permissions(world: World) -> None:
    def is_456(user: UserDep) -> bool:
        return user == "user 456"

    async def is_other(conn: Conn, session: SessionDep) -> bool:
        assert isinstance(session, Session)
        return conn.user != "456"

    @world.messages.rpc("allowed", permission=is_456)
    async def allowed(_: Conn) -> int:
        return 1

    @world.messages.rpc("refused", permission=is_other)
    async def refused(_: Conn, session: SessionDep) -> int: ...  # type: ignore[empty-body]

    world.messages.check()
    assert world.call("allowed") == 1
    before = Session.opened
    with pytest.raises(RPCError, match="403: permission denied"):
        world.call("refused")
    assert Session.opened == before + 1  # the handler's own was not made


async def test_dependencies_of_permissions_of_events(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def may_read(user: str, thing: int, session: SessionDep) -> bool:
        assert isinstance(session, Session)
        return (user, thing) == ("456", 7)

    def nobody(_: SessionDep) -> None:
        raise HTTPException(403)

    async def refuses(_user: str, nobody: Annotated[None, Depends(nobody)]) -> bool:
        del nobody
        return True

    add = world.messages.add_event
    add("counted", "things:{thing}", Counted, permission=may_read)
    add("refused", "no", Counted, permission=refuses)
    world.messages.check()
    assert await world.messages.may_subscribe("456", "things:7")
    assert not await world.messages.may_subscribe("456", "things:8")
    door = SubscribeDoor(world.messages, SETTINGS, Metrics())
    answer = await door.answer(b'{"user": "456", "channel": "no"}')
    assert json.loads(answer.body)["error"]["code"] == 403
    assert caplog.text == ""


@pytest.mark.parametrize("async_", [True, False])
def test_http_exceptions_reach_callers(world: World, *, async_: bool) -> None:
    def find(conn: CurrentConn) -> None:
        raise HTTPException(404, f"no thing of {conn.user}")

    async def asynchronous(_: Conn, found: Annotated[None, Depends(find)]) -> None: ...

    def in_thread(_: Conn) -> None:
        raise HTTPException(404, {"thing": 7})

    world.messages.add("a", asynchronous if async_ else in_thread)
    with pytest.raises(RPCError) as raised:
        world.call("a")
    error = raised.value
    wanted = ("no thing of 456", None) if async_ else ("error", {"thing": 7})
    assert (error.code, error.message, error.data) == (404, *wanted)


def test_other_exceptions_and_errors_of_handlers(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Iterator[None]:
        yield
        message = "the password is xyzzy"
        raise ValueError(message)

    @world.messages.rpc("fails")
    async def fails(_: Conn, failing: Annotated[None, Depends(fail)]) -> None: ...

    @world.messages.rpc("refuses")
    async def refuses(_: Conn, user: UserDep) -> None:
        raise RPCError(7, user)

    with pytest.raises(RPCError, match="-32603: internal error"):
        world.call("fails")
    assert "xyzzy" in caplog.text
    with pytest.raises(RPCError, match="7: user 456"):
        world.call("refuses")


async def test_a_call_past_its_deadline_lets_go_of_its_dependencies(
    world: World,
) -> None:
    closed, begun, release = asyncio.Event(), threading.Event(), threading.Event()
    seen: list[str] = []

    async def resource() -> AsyncIterator[str]:
        try:
            yield "it"
        finally:
            seen.append("closed")
            closed.set()

    @world.messages.rpc("waits", timeout=60)
    async def waits(_: Conn, it: Annotated[str, Depends(resource)]) -> str:
        begun.set()
        await asyncio.Event().wait()
        return it

    @world.messages.rpc("blocks", timeout=60)
    def blocks(_: Conn, it: Annotated[str, Depends(resource)]) -> str:
        begun.set()
        release.wait(30)
        seen.append(it)
        return it

    dispatcher = Dispatcher(world.messages, SETTINGS)

    async def exceeds_its_deadline(method: str) -> None:
        begun.clear()
        request = wire.Request(wire.Caller("456"), method, b"{}")
        asked = asyncio.ensure_future(dispatcher.ask(request))
        assert await asyncio.to_thread(begun.wait, 30)
        *_, call = dispatcher._tasks.values()
        dispatcher._expire(call)
        reply = await asked
        assert reply is not None
        assert json.loads(reply)["error"]["code"] == -32000

    await exceeds_its_deadline("waits")
    await asyncio.wait_for(closed.wait(), 30)
    await exceeds_its_deadline("blocks")
    assert seen == ["closed"]  # the thread still uses its own
    release.set()
    await dispatcher.drain()
    assert seen == ["closed", "it", "closed"]


def _header(token: Annotated[str, Header()]) -> str:
    return token


def _query(page: Annotated[int, Query()] = 1) -> int:
    return page


def _body(params: Params) -> Params:
    return params


@pytest.mark.parametrize(
    ("dependency", "word"),
    [
        (_header, "header parameter 'token'"),
        (_query, "query parameter 'page'"),
        (_body, "requestBody"),
        (HTTPBearer(), "security"),
    ],
)
def test_dependencies_on_a_request_are_refused_at_the_start(
    world: World, dependency: Any, word: str
) -> None:
    @world.messages.rpc("a")
    async def handler(_: Conn, given: Annotated[Any, Depends(dependency)]) -> None: ...

    with pytest.raises(RegistrationError) as raised:
        world.messages.check()
    assert word in str(raised.value)
    assert f"test_fastapi.py:{handler.__code__.co_firstlineno}: " in str(raised.value)


def test_dependencies_that_nobody_fills_in() -> None:
    messages = MessageRouter()

    @messages.rpc("a")
    async def handler(_: Conn, session: SessionDep) -> None:
        del session

    with pytest.raises(RegistrationError, match="nobody fills in 'session'"):
        messages.check()


def test_no_settings_are_needed_before_the_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RPC_WORKER_TIMEOUT_S", "no number")
    world = World(user=lambda: "456")
    paths = world.app.openapi()["paths"]
    assert set(paths) == {"/centrifugo/token", "/centrifugo/subscription_token"}
    assert TestClient(world.app).post("/centrifugo/publish").status_code == 503
    with pytest.raises(SettingsError, match="TIMEOUT_S"), TestClient(world.app):
        pass
    monkeypatch.delenv("RPC_WORKER_TIMEOUT_S")
    with TestClient(World().app) as client:  # as tests of REST endpoints do
        assert client.post("/centrifugo/rpc", headers=SECRET).status_code == 503
    assert "are not set: Centrifugo is refused" in caplog.text


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"api_key": API_KEY}, "PROXY_SECRET is not set"),
        ({"proxy_secret": PROXY_SECRET}, "API_KEY is not set"),
        ({"api_key": API_KEY, "proxy_secret": "short"}, "fewer than 16"),
        ({"api_key": API_KEY, "subscribe": True}, "TOKEN_SECRET is not set"),
    ],
)
def test_some_settings_without_the_others(settings: Any, problem: str) -> None:
    world = World(settings=Settings(**settings))
    with pytest.raises(SettingsError, match=problem), TestClient(world.app):
        pass


def test_native_calls_and_subscriptions() -> None:
    world = World(settings=SETTINGS)

    @world.messages.rpc("echo")
    def echo(conn: Conn, params: Params, user: UserDep) -> str:
        return f"{conn.user} {params.value} {user}"

    world.messages.channel("own:#{user_id}", name="counted")(Counted)
    call = {"user": "456", "client": "c", "method": "echo", "data": {"value": 3}}
    with TestClient(world.app) as client:
        refused = client.post("/centrifugo/rpc", json=call)
        assert (refused.status_code, refused.json()) == (401, {})
        answer = client.post("/centrifugo/rpc", json=call, headers=SECRET).json()
        assert answer["result"]["data"]["result"] == "456 3 user 456"
        for channel, word in (("own:#456", "result"), ("own:#7", "error")):
            asked = {"user": "456", "channel": channel}
            answer = client.post("/centrifugo/subscribe", json=asked, headers=SECRET)
            assert list(answer.json()) == [word]
        long = client.post(
            "/centrifugo/rpc", content=b" " * 2**20 + b"x", headers=SECRET
        )
        assert long.status_code == 413


async def publish(world: World, **data: Any) -> None:
    """Publish a request of the user 456, as Centrifugo's publish proxy passes it on."""
    asked = {"user": "456", "client": "c", "channel": "rpc.requests", "data": data}
    body = [{"type": "http.request", "body": json.dumps(asked).encode()}]

    async def receive() -> Any:
        return body.pop()

    worker = world.rpc._worker
    assert worker is not None
    answer = await worker.answer("publish", PROXY_SECRET, receive)
    assert b'"result"' in answer.body


async def test_requests_and_events_go_out(api: API) -> None:
    settings = Settings(
        api_url=api.url, api_key="key", proxy_secret=PROXY_SECRET, token_secret="t" * 32
    )
    world = World(settings=settings)
    world.messages.channel("counts", name="counted")(Counted)

    @world.messages.rpc("count")
    def count(conn: Conn) -> int:
        event = Counted(by=conn.user)
        from_thread.run(world.messages.publish_event, event)
        return 1

    async with world.rpc.lifespan():
        await publish(world, method="count", correlation_id="1", reply_to="user#456")
    channels = [one["channel"] for batch in api.batches for one in batch]
    assert channels == ["counts", "user#456"]


async def test_a_stream_keeps_its_dependencies_open_until_it_is_cancelled(
    api: API,
) -> None:
    settings = Settings(api_url=api.url, api_key="key", proxy_secret=PROXY_SECRET)
    world = World(settings=settings)
    log: list[str] = []

    async def resource() -> AsyncIterator[str]:
        log.append("opened")
        try:
            yield "resource"
        finally:
            log.append("closed")

    resource_dep = Annotated[str, Depends(resource)]

    @world.messages.rpc("count")
    async def count(_: Conn, session: resource_dep) -> AsyncIterator[int]:
        del session
        for number in range(9):
            yield number

    @world.messages.rpc("count_in_thread")
    def count_in_thread(_: Conn, session: resource_dep) -> Iterator[int]:
        del session
        yield from range(9)

    async def published(count: int) -> list[Any]:
        while len(api.published) < count:
            await asyncio.wait_for(api.asked.acquire(), PATIENCE_S)
            await asyncio.sleep(0)
        return [one.get("item", one.get("error")) for one in api.published]

    async with world.rpc.lifespan():
        for number, method in enumerate(("count", "count_in_thread"), start=1):
            await publish(world, method=method, correlation_id=method, window=2)
            await published(4 * number - 2)
            assert log[-1] == "opened"
            ack = {"correlation_id": method, "params": {"seq": 1}}
            await publish(world, method="rpc.ack", **ack)
            await published(4 * number - 1)
            await publish(world, method="rpc.cancel", correlation_id=method)
            *items, end = (await published(4 * number))[-4:]
            assert items == [0, 1, 2]
            assert end["code"] == -32004
    assert log == ["opened", "closed"] * 2


def test_tokens() -> None:
    async def nobody() -> str:
        raise HTTPException(401)

    users: list[Any] = ["456"]

    def user() -> Any:
        return users[0]

    world = World(settings=SETTINGS, user=user)
    world.messages.channel("$own:#{user_id}", name="counted")(Counted)
    with TestClient(world.app) as client:
        answer = client.get("/centrifugo/token")
        assert answer.headers["cache-control"] == "no-store"
        given = answer.json()
        assert given["token"].count(".") == 2
        assert (given["user"], given["url"]) == ("456", SETTINGS.ws_url)
        mine = client.get("/centrifugo/subscription_token?channel=$own:%23456")
        assert (mine.status_code, mine.json()["channel"]) == (200, "$own:#456")
        other = client.get("/centrifugo/subscription_token?channel=$own:%237")
        assert other.status_code == 403
        users[0] = "a,b"
        assert client.get("/centrifugo/token").status_code == 403
        world.app.dependency_overrides[user] = nobody
        assert client.get("/centrifugo/token").status_code == 401


def test_pages_for_operations() -> None:
    world = World(settings=SETTINGS)
    world.app.get("/metrics")(world.rpc.metrics)
    world.app.get("/readyz")(world.rpc.readyz)
    answer = TestClient(world.app).get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not started"})
    with TestClient(world.app) as client:
        answer = client.get("/readyz")
        unreachable = {"status": "Centrifugo's HTTP API cannot be reached"}
        assert (answer.status_code, answer.json()) == (503, unreachable)
        assert "queue_depth" in client.get("/metrics").text


async def test_an_application_is_ready_while_the_http_api_is() -> None:
    async with API() as api:
        world = World(settings=replace(SETTINGS, api_url=api.url, api_key="key"))
        async with world.rpc.lifespan():
            answer = await world.rpc.readyz()
            assert (answer.status_code, answer.body) == (200, b'{"status":"ok"}')


def test_the_default_router_has_the_title_of_the_application(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MessageRouter, "default", MessageRouter())
    CentrifugoRPC(FastAPI(title="Things", version="2.0.0"))
    assert MessageRouter.default.title == "Things"
    assert MessageRouter.default.version == "2.0.0"


def test_the_code_of_the_readme_runs(tmp_path: Path) -> None:
    text = (SERVER / "README.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n# myapp/main.py\n(.*?)```", text, re.DOTALL)
    (tmp_path / "readme_main.py").write_text(code, encoding="utf-8")
    calls = (
        "import asyncio, readme_main\n"
        "from centrifugo_rpc import MessageRouter, RPCError\n"
        "call = MessageRouter.default.call\n"
        "print(asyncio.run(call('users.greet', user='456')))\n"
        "try: asyncio.run(call('users.greet', user='7'))\n"
        "except RPCError as error: print(error)\n"
        "print(*readme_main.app.openapi()['paths'])\n"
    )
    env = {"PYTHONPATH": os.pathsep.join([str(SERVER), *sys.path])}
    done = run_program(sys.executable, "-B", "-c", calls, cwd=tmp_path, env=env)
    assert done.stdout.splitlines() == [
        "Hello, Ada!",
        "404: no such user",
        "/centrifugo/token /centrifugo/subscription_token",
    ], done.stderr


def test_recorded_events(world: World) -> None:
    world.messages.channel("counts", name="counted")(Counted)

    @world.app.post("/count")
    async def count() -> None:
        await world.messages.publish_event(Counted(by="rest"))

    with recorded_events(world.messages) as events:
        TestClient(world.app).post("/count")
    assert events == [("counts", {"by": "rest"})]


async def test_as_a_subscriber(start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    world = World(settings=broker.settings(subscribe=True))

    @world.messages.rpc("echo")
    def echo(conn: Conn, user: UserDep) -> str:
        return f"{conn.user} {user}"

    async with world.rpc.lifespan(), broker.client("456", "user#456") as client:
        number, loop = 0, asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while client.publications.empty():
            assert loop.time() < deadline, "no request has been answered"
            number += 1
            await client.publish({"method": "echo", "correlation_id": str(number)})
            await asyncio.sleep(0.05)
        reply = await client.next_reply()
        assert reply["result"] == "456 user 456"
