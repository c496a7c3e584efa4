"""Events on the emitted configurations: a broker asks workers, and hostile users try.

Each profile is what ``wsgen centrifugo-config`` writes for the exported events; the
worker behind it is the one that the profile is for. ``wsgen doctor`` must agree.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from centrifugo_rpc.tokens import connection_token, subscription_token
from processes import (
    API_KEY,
    PROXY_SECRET,
    TOKEN_SECRET,
    Broker,
    RawClient,
    Worker,
    run_program,
)
from test_proxies import Balancer

PROFILES = ("proxy", "dev", "isolated", "existing")
NAMES = {
    "requests_channel": "rpc:requests",
    "reply_channel": "user:{nonce}#{user_id}",
}


class Site:
    """A broker on an emitted configuration, and the worker that it asks."""

    def __init__(self, profile: str, folder: Path, wsgen: Path) -> None:
        self.profile = profile
        self.folder = folder
        self.wsgen = wsgen
        self.names = NAMES if profile in {"isolated", "existing"} else {}
        self.config = folder / "centrifugo.json"
        self.broker: Broker

    def export(self) -> None:
        """Write the manifest, as a user does."""
        command = [sys.executable, "-B", "-m", "centrifugo_rpc", "export"]
        tests = Path(__file__).parent
        env = {"PYTHONPATH": f"{tests.parent}{os.pathsep}{tests}"}
        arguments = ("worker_handlers", "-o", str(self.folder))
        done = run_program(*command, *arguments, env=env)
        assert done.returncode == 0, done.stderr
        manifest = self.folder / "api.yaml"
        text = manifest.read_text()
        if self.names:
            text = text.replace('"rpc.requests"', f'"{NAMES["requests_channel"]}"')
            text = text.replace('"user#{user_id}"', f'"{NAMES["reply_channel"]}"')
        manifest.write_text(text)

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command of wsgen on the manifest."""
        manifest = ("--asyncapi", str(self.folder / "api.yaml"))
        return run_program(str(self.wsgen), *arguments, *manifest, env=env)

    def configure(self, backend: str) -> None:
        """Write the configuration, and the secrets that it leaves to the environment."""
        done = self.run(
            "centrifugo-config", "--profile", self.profile, "--backend", backend
        )
        assert done.returncode == 0, done.stderr
        text = done.stdout.replace("${CENTRIFUGO_VAR_RPC_PROXY_SECRET}", PROXY_SECRET)
        config: Any = {"client": {"queue_max_size": 33554432}} | json.loads(text)
        config["client"]["token"] = {"hmac_secret_key": TOKEN_SECRET}
        config["http_api"] = {"key": API_KEY}
        self.config.write_text(json.dumps(config))

    def channels(self, user: str) -> list[str]:
        """Return what a user's connection token names."""
        return [f"user#{user}"] if self.profile == "dev" else []

    def client(self, user: str) -> RawClient:
        return self.broker.client(user, *self.channels(user))


@pytest.fixture(params=PROFILES)
async def site(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    wsgen_binary: Path,
    broker_binary: Path,
) -> AsyncIterator[Site]:
    one = Site(request.param, tmp_path, wsgen_binary)
    one.export()
    async with AsyncExitStack() as stack:
        balancer = await stack.enter_async_context(Balancer())
        one.configure(balancer.url("/").rstrip("/"))
        broker = Broker(broker_binary, one.config)
        one.broker = await stack.enter_async_context(broker)
        if one.profile == "proxy":
            worker = await stack.enter_async_context(Worker.proxied(broker.settings()))
            balancer.ports.append(int(await worker.line("listening on ")))
        else:
            settings = broker.settings(proxy_address="127.0.0.1:0", **one.names)
            serving = Worker.subscriber(settings, "worker_handlers")
            worker = await stack.enter_async_context(serving)
            address = await worker.line("subscriptions on ")
            balancer.ports.append(int(address.rpartition(":")[2]))
            await worker.answering()
        yield one


async def code(client: RawClient, channel: str, **more: object) -> int:
    """Subscribe; return the error's code, or 0."""
    reply = await client.ask(subscribe={"channel": channel, **more})
    return int(reply.get("error", {}).get("code", 0))


ALLOWED = ("orders:7", "inbox:#456", "shop:opened", "shop:sold.7", "shop:visits#456")
HOSTILE = (
    *("orders:7", "orders:07", "orders:7#999", "orders:", "orders:7,8", "orders:ü"),
    *("inbox:#456", "inbox:#456,999", "inbox:#999,456", "inbox:x#999", "inbox:"),
    *("shop:sold.7", "shop:visits#456", "shop:visits#456,999", "shop:other", "shop:"),
    *("$orders:7", "$shop:opened", "other:7", "xorders:7"),
)


async def test_nobody_but_the_permitted_reads_events(site: Site) -> None:
    async with site.client("456") as victim, site.client("999") as hostile:
        for channel in HOSTILE:
            assert await code(hostile, channel) in {102, 103, 107, 403}, channel
            reply = await hostile.ask(history={"channel": channel, "limit": 9})
            assert reply["error"]["code"] in {102, 103, 107, 108}, channel
        forged = subscription_token(
            site.broker.settings(token_secret="not-the-secret"), "999", "orders:7"
        )
        for channel in ALLOWED:
            assert await code(victim, channel) == 0, channel
        for channel in ("shop:opened", "inbox:#999", "shop:visits#999"):
            assert await code(hostile, channel) == 0, channel
        for channel in ALLOWED:
            ack = await hostile.publish({"text": "forged"}, channel)
            assert ack["error"]["code"] in {103, 107, 403}, channel
            data = {"text": channel}
            await site.broker.api("publish", {"channel": channel, "data": data})
            assert await victim.next_reply() == data
        assert await hostile.next_reply() == {"text": "shop:opened"}
        assert hostile.publications.empty()
        # A forged token ends the connection.
        await hostile.socket.send(
            json.dumps(
                {"id": 999, "subscribe": {"channel": "orders:7", "token": forged}}
            )
        )
        await hostile.socket.wait_closed()
        assert hostile.socket.close_code == 3500


async def test_a_connection_begins_with_no_subscription_to_others(site: Site) -> None:
    async with site.client("456") as client:
        token = connection_token(site.broker.settings(), "999")
        hostile = RawClient(client.url, token, "999")
        wanted = ("orders:7", "inbox:#456", "shop:visits#456", "shop:sold.7")
        reply = await hostile.connect(subs={channel: {} for channel in wanted})
        await hostile.__aexit__()
        assert reply["connect"].get("subs", {}).keys().isdisjoint(wanted)


async def test_a_subscription_token_is_the_other_way(site: Site) -> None:
    async with site.client("999") as client:
        token = subscription_token(site.broker.settings(), "999", "orders:8")
        assert await code(client, "orders:8", token=token) == 0
        assert await code(client, "orders:7") == 403


async def test_the_doctor_agrees(site: Site) -> None:
    done = site.run("doctor", "--config", str(site.config))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    tokens = {
        variable: connection_token(
            site.broker.settings(), user, channels=site.channels(user)
        )
        for variable, user in [("WSGEN_TOKEN", "999"), ("WSGEN_OTHER_TOKEN", "456")]
    }
    url = site.broker.settings().ws_url
    # In a thread, since the balancer that the broker asks runs in this loop.
    done = await asyncio.to_thread(
        site.run, "doctor", "--url", url, "--wait", "1s", **tokens
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "subscribe orders:wsgen-doctor" in done.stdout
    # The same server, open to all.
    opened: Any = json.loads(site.config.read_text())
    for namespace in opened["channel"]["namespaces"]:
        if namespace["name"] == "orders":
            namespace.pop("subscribe_proxy_enabled")
            namespace["allow_subscribe_for_client"] = True
    site.config.write_text(json.dumps(opened))
    done = site.run("doctor", "--config", str(site.config))
    assert done.returncode == 1
    assert "any user may read the events on orders:{order_id}" in done.stderr
