"""Handlers and a real PostgreSQL server: it is restarted, and takes queries at once."""

import asyncio
import contextlib
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from centrifugo_rpc.settings import Settings
from postgres import DATABASE, USER, Postgres, find_programs, running_postgres
from processes import PATIENCE_S, Process, RawClient, StartBroker, environment
from test_django_proxies import DjangoSite, both_proxies, make_tables
from test_proxies import Balancer

PROGRAMS = find_programs()
GUESTS = 20
LOCK = 4711


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """Return a server with the project's tables."""
    if PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgres(PROGRAMS) as server:
        env = {**environment(Settings()), "TEST_POSTGRES": str(server.folder)}
        make_tables(env)
        yield server


class PostgresSite(DjangoSite):
    """A site whose workers use PostgreSQL."""

    database = ""

    def environ(self) -> dict[str, str]:
        return {"TEST_POSTGRES": self.database, "TEST_DEDUPE_CACHE": "shared"}


@pytest.fixture(params=["runrpc", "wsgi", "asgi"])
async def client(
    postgres: Postgres,
    start_broker: StartBroker,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[RawClient]:
    """Return a client of a project behind one of the front doors."""
    async with Balancer() as balancer, contextlib.AsyncExitStack() as stack:
        through_views = request.param != "runrpc"
        broker = await (
            start_broker("g", both_proxies(balancer))
            if through_views
            else start_broker("b")
        )
        site = PostgresSite(broker, balancer, stack, tmp_path)
        site.kind, site.database = request.param, str(postgres.folder)
        if through_views:
            await site.worker()
        else:
            env = environment(broker.settings()) | site.environ()
            env["DJANGO_SETTINGS_MODULE"] = "django_project.settings"
            worker = Process(sys.executable, "-m", "django", "runrpc", env=env)
            await stack.enter_async_context(worker)
            await worker.line("answering requests")
        yield await stack.enter_async_context(site.client("456"))


async def test_a_restarted_database(client: RawClient, postgres: Postgres) -> None:
    """No call fails after it, though connections are kept for ever (CONN_MAX_AGE)."""
    own = uuid.uuid4().hex  # the tests share a database, and with it ids and names

    async def add(name: str) -> dict[str, Any]:
        return await client.call("things.add", {"name": own + name}, own + name)

    assert (await add("before"))["result"] == 1
    await asyncio.to_thread(postgres.stop)
    await asyncio.to_thread(postgres.start)
    first = await add("after")
    assert first["result"] == 1
    assert await add("after") == first, "a retry is known as one"
    await asyncio.to_thread(postgres.stop)
    error = {"code": -32603, "message": "internal error"}
    assert (await add("meanwhile"))["error"] == error
    await asyncio.to_thread(postgres.start)
    assert (await add("at last"))["result"] == 1


async def test_queries_of_several_calls_run_at_once(
    client: RawClient, postgres: Postgres
) -> None:
    """All of them are seen waiting in the database before any can end."""
    ids = {uuid.uuid4().hex for _ in range(GUESTS)}
    assert "result" in await client.call("things.add", {"name": "one"}, min(ids) + "0")
    place = f"host={postgres.folder} dbname={DATABASE} user={USER}"
    async with await psycopg.AsyncConnection.connect(place, autocommit=True) as own:
        await own.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        for number in ids:
            request = {"method": "things.lock", "params": {"number": LOCK}}
            await client.publish({**request, "correlation_id": number})
        await asyncio.wait_for(until_waiting(own), PATIENCE_S)
        assert client.publications.empty()
        await own.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    replies = [await client.next_reply() for _ in ids]
    assert {reply["correlation_id"] for reply in replies} == ids
    assert all(reply["result"] is None for reply in replies)


async def until_waiting(own: "psycopg.AsyncConnection[tuple[Any, ...]]") -> None:
    """Poll until all guests wait for the lock; they hold it up as long as we do."""
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while True:
        row = await (await own.execute(query)).fetchone()
        if row == (GUESTS,):
            return
        await asyncio.sleep(0.01)
