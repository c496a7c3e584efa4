"""A stand-in for Centrifugo's HTTP API that a test can break."""

import asyncio
import json
from collections import deque
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from typing_extensions import Self


class API:
    """Plays Centrifugo's HTTP API."""

    def __init__(self) -> None:
        self.url = ""
        self.batches: list[list[Any]] = []
        self.texts: list[str] = []
        self.seen: list[str] = []
        """The body of each request, answered or not, in the order of their arrival."""
        self.statuses: deque[int] = deque()
        """What the next requests are answered with; 200 after that."""
        self.hold: asyncio.Event | None = None
        self.asked = asyncio.Semaphore(0)
        self.present: dict[str, int] = {}
        """How many connections are on a channel; on others there are none."""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10**8)
        app.router.add_post("/api/batch", self.batch)
        app.router.add_post("/api/publish", self.batch)
        self._server = TestServer(app)
        await self._server.start_server()
        self.url = str(self._server.make_url("/api"))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.hold is not None:
            self.hold.set()
        await self._server.close()

    async def batch(self, request: web.Request) -> web.Response:
        text = await request.text()
        self.seen.append(text)
        self.asked.release()
        if self.hold is not None:
            await self.hold.wait()
        if request.headers["X-API-Key"] != "key":
            return web.Response(status=401)
        if self.statuses:
            return web.Response(status=self.statuses.popleft())
        body = json.loads(text)
        commands = body.get("commands", [{"publish": body}])
        if commands and "presence_stats" in commands[0]:
            return web.json_response({"replies": [self.count(one) for one in commands]})
        if any(command["publish"]["channel"] == "poison" for command in commands):
            return web.Response(status=400)
        self.texts.append(text)
        self.batches.append([command["publish"] for command in commands])
        refused = {"error": {"code": 102, "message": "unknown channel"}}
        replies: list[Any] = [
            refused if command["publish"]["channel"] == "no:such" else {"publish": {}}
            for command in commands
        ]
        answer = {"replies": replies} if "commands" in body else replies[0]
        return web.json_response(answer)

    def count(self, command: Any) -> Any:
        clients = self.present.get(command["presence_stats"]["channel"], 0)
        stats = {"num_clients": clients, "num_users": min(clients, 1)}
        return {"presence_stats": stats}

    @property
    def published(self) -> list[Any]:
        return [command["data"] for batch in self.batches for command in batch]
