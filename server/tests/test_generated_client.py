"""The generated Python client of ``fixtures/tasks`` against the worker."""

import asyncio
import importlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any

import pytest
from centrifugo_rpc import Conn, MessageRouter, RPCError
from centrifugo_rpc.subscriber import Subscriber
from processes import ROOT, Broker, StartBroker
from pydantic import BaseModel
from test_subscriber import running


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "fixtures/tasks"))
    return importlib.import_module("opensdk.python")


class Who(BaseModel):
    user_id: str


class Which(BaseModel):
    task_id: uuid.UUID


class Missing(BaseModel):
    task_id: uuid.UUID
    deleted_at: None = None


class NotFound(RPCError):
    code = 404
    message = "no such task"
    data: Missing


class Handlers:
    """Some of the API's methods."""

    def __init__(self) -> None:
        self.router = MessageRouter()
        self.router.add("tasks.get_stats", self.stats)
        self.router.add("tasks.get", self.get, errors=(NotFound,))
        self.router.add("cache.clear", self.clear)
        self.meta: object = None

    async def stats(self, conn: Conn, params: Who) -> dict[str, Any]:
        self.meta = conn.meta
        return {
            "user_id": params.user_id,
            "total": 2,
            "by_status": {"open": 2},
            "by_priority": {},
            "completion": 0.5,
            "mean_time_to_close": None,
            "oldest": None,
            "computed_at": datetime(2026, 1, 2, tzinfo=timezone.utc),
        }

    async def get(self, _: Conn, params: Which) -> None:
        raise NotFound(data=Missing(task_id=params.task_id))

    async def clear(self, conn: Conn) -> None:
        if conn.user != "456":
            raise RPCError(403, "not yours")


@asynccontextmanager
async def connected(
    sdk: Any, broker: Broker, user: str, **options: Any
) -> AsyncIterator[Any]:
    raw = broker.client(user, *([] if options else [f"user#{user}"]))
    async with sdk.CentrifugoRPCClient(raw.url, raw.token, user, **options) as rpc:
        yield sdk.APIClient(rpc)


async def check(sdk: Any, api: Any) -> None:
    stats = await api.tasks_get_stats(sdk.TaskStatsParams(user_id="7"))
    assert (stats.user_id, stats.by_status) == ("7", {sdk.TaskStatus.OPEN: 2})
    task_id = uuid.uuid4()
    with pytest.raises(sdk.TaskNotFound) as missing:
        await api.tasks_get(sdk.GetTaskParams(task_id=task_id))
    assert missing.value.data.task_id == task_id
    assert await api.cache_clear() is None
    with pytest.raises(sdk.MethodNotFoundError):
        await api.projects_list()


async def test_default_channels(sdk: Any, start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    handlers = Handlers()
    async with (
        running(Subscriber(handlers.router, broker.settings())),
        connected(sdk, broker, "456") as api,
        connected(sdk, broker, "999") as other,
    ):
        await check(sdk, api)
        assert handlers.meta == {}
        with pytest.raises(sdk.RPCError) as refused:
            await other.cache_clear()
        assert refused.value.code == 403


async def test_a_batch(sdk: Any, start_broker: StartBroker) -> None:
    broker = await start_broker("b")
    subscriber = Subscriber(Handlers().router, broker.settings())
    async with running(subscriber), connected(sdk, broker, "456") as api:
        batch = api.batch()
        assert type(batch) is type(api)
        names = [str(number) for number in range(150)]
        calls = [batch.tasks_get_stats({"user_id": name}) for name in names]
        ended: list[Any] = await asyncio.gather(
            *calls, batch.tasks_get({"task_id": uuid.uuid4()}), return_exceptions=True
        )
        *found, missing = ended
        assert [stats.user_id for stats in found] == names
        assert isinstance(missing, sdk.TaskNotFound)
        await check(sdk, batch)
    text = subscriber.metrics.text()
    assert 'requests_total{method="tasks.get_stats",code="ok"} 151' in text


async def test_a_reply_channel_for_each_connection(
    sdk: Any, start_broker: StartBroker
) -> None:
    broker = await start_broker("j")
    names = {
        "requests_channel": "rpc:requests",
        "reply_channel": "user:{nonce}#{user_id}",
    }
    async with (
        running(Subscriber(Handlers().router, broker.settings(**names))),
        connected(sdk, broker, "456", **names) as api,
    ):
        await check(sdk, api)


async def test_a_flood_ends_without_a_timeout(
    sdk: Any, start_broker: StartBroker
) -> None:
    broker = await start_broker("b")
    ended: Counter[tuple[int, bool]] = Counter()

    async def call(api: Any) -> None:
        try:
            await api.cache_clear(timeout_s=120)
        except sdk.RPCError as error:
            ended[error.code, error.sent] += 1
        else:
            ended[0, True] += 1

    async with (
        running(Subscriber(Handlers().router, broker.settings())),
        connected(sdk, broker, "456") as api,
    ):
        await asyncio.gather(*(call(api) for _ in range(20_000)))
    assert ended.total() == 20_000
    assert {*ended} == {(0, True), (-32001, False)}
