"""Measures where the worker's processor time goes, for a call through each proxy.

It serves ``doors:application`` with uvicorn, calls it from a second process with 64 in
flight, and looks every millisecond of its own processor time at what runs. It prints a
table of microseconds a call, by the part of the code:

    PYTHONPATH=server:bench/worker/python python bench/worker/python/parts.py [calls]
"""  # noqa: INP001 - a program

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType

AT_ONCE = 64
SECRET = "a-secret-of-the-benchmark"
PATHS = {
    "constant": "/constant",
    "rpc": "/centrifugo/rpc",
    "publish": "/centrifugo/publish",
}
PARTS = {
    "event loop and sockets": {"asyncio", "selectors"},
    "HTTP server (uvicorn, h11)": {"uvicorn", "h11"},
    "HTTP client (aiohttp, cent)": {"aiohttp", "cent", "yarl", "multidict"},
    "ASGI application": {"asgi.py", "doors.py"},
    "reading questions and requests": {"proxy.py", "wire.py"},
    "admission, tasks, retries, metrics": {
        *("dispatch.py", "call.py", "admission.py", "limits.py"),
        *("shared.py", "store.py", "metrics.py", "clients.py"),
    },
    "params, handler, result": {"handler.py", "router.py", "conn.py", "echo.py"},
    "queue of publications": {"publisher.py"},
}


def part_of(frame: FrameType | None) -> str:
    """Return the part that a frame belongs to, or else what has called it."""
    while frame is not None:
        names = set(Path(frame.f_code.co_filename).parts)
        for part, ours in PARTS.items():
            if not names.isdisjoint(ours):
                return part
        frame = frame.f_back
    return "other"


async def load(port: int, api: socket.socket, calls: int) -> None:
    """Call through each door in turn; play Centrifugo's HTTP API as well.

    The worker is told by a signal when each door begins, and when it ends.
    """
    replies: dict[str, asyncio.Future[None]] = {}

    async def publish(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while body := await _body(reader):
            whole = json.loads(body)
            commands = [c["publish"] for c in whole.get("commands", ())] or [whole]
            for command in commands:
                replies.pop(command["data"]["correlation_id"]).set_result(None)
            many: dict[str, object] = {"replies": [{"publish": {}}] * len(commands)}
            answer = json.dumps(many if "commands" in whole else {"result": {}})
            head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
            writer.write(
                f"{head}content-length: {len(answer)}\r\n\r\n{answer}".encode()
            )

    async def call(door: str, numbers: range) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            request = {"client": "c", "user": "load", "method": "echo"}
            data: dict[str, object] = {"text": "hello"}
            if door == "publish":
                replies[str(number)] = asyncio.get_running_loop().create_future()
                request["channel"] = "rpc.requests"
                data = {"method": "echo", "params": data}
                data |= {"correlation_id": str(number), "reply_to": "user#load"}
            body = json.dumps({**request, "data": data})
            head = f"POST {PATHS[door]} HTTP/1.1\r\nhost: worker\r\n"
            head += f"x-centrifugo-rpc-secret: {SECRET}\r\n"
            writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
            reply = replies.get(str(number))
            if b'"error"' in await _body(reader):
                message = f"{door} fails"
                raise RuntimeError(message)
            if reply is not None:
                await reply
        writer.close()

    server = await asyncio.start_server(publish, sock=api)
    each = calls // AT_ONCE
    for at, door in enumerate([*PATHS, *PATHS]):  # the first round is for warming up
        start = (at + 1) * calls
        numbers = [
            range(start + i * each, start + i * each + each) for i in range(AT_ONCE)
        ]
        os.kill(os.getppid(), signal.SIGUSR1)
        await asyncio.gather(*(call(door, some) for some in numbers))
    os.kill(os.getppid(), signal.SIGUSR1)
    server.close()


async def _body(reader: asyncio.StreamReader) -> bytes:
    """Read an HTTP message; nothing at the end of the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
    except asyncio.IncompleteReadError:
        return b""
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    return await reader.readexactly(int(length))


class Watch:
    """Counts which part runs, and the time of the process, for each door."""

    def __init__(self) -> None:
        """Begin before the first door."""
        self.doors: list[tuple[float, Counter[str]]] = []

    def next_door(self, *_: object) -> None:
        """Count for the next door from now on."""
        self.doors.append((time.process_time(), Counter()))

    def look(self, _: int, frame: FrameType | None) -> None:
        """Count what runs."""
        if self.doors:
            self.doors[-1][1][part_of(frame)] += 1

    def print(self, calls: int) -> None:
        """Print the second round."""
        times = [at for at, _ in self.doors]
        first = len(PATHS)
        columns: list[dict[str, float]] = []
        for i in range(first, 2 * first):
            counts = self.doors[i][1]
            us = (times[i + 1] - times[i]) / calls * 1e6
            total = counts.total()
            columns.append({part: n / total * us for part, n in counts.items()})
        rows: list[tuple[str, list[float]]] = [
            (part, [c.get(part, 0) for c in columns]) for part in [*PARTS, "other"]
        ]
        rows.append(("all", [sum(c.values()) for c in columns]))
        lines = [f"| | {' | '.join(PATHS)} |", "|---" * (first + 1) + "|"]
        lines += [
            f"| {part} | {' | '.join(f'{us:.0f}' for us in r)} |" for part, r in rows
        ]
        sys.stdout.write("\n".join(lines) + "\n")


def main(calls: int) -> None:
    """Serve, and print the table at the end."""
    api, door = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    watch = Watch()
    signal.signal(signal.SIGUSR1, watch.next_door)
    if (child := os.fork()) == 0:
        time.sleep(2)  # until the worker serves
        asyncio.run(load(door.getsockname()[1], api, calls))
        os.kill(os.getppid(), signal.SIGINT)
        os._exit(0)
    os.environ |= {
        "RPC_WORKER_API_URL": f"http://127.0.0.1:{api.getsockname()[1]}/api",
        "RPC_WORKER_API_KEY": "key",
        "RPC_WORKER_PROXY_SECRET": SECRET,
        "RPC_WORKER_RATE": "0",
        "RPC_WORKER_USER_CONCURRENCY": str(AT_ONCE),
    }
    api.close()
    import uvicorn  # noqa: PLC0415 -- the child needs none of it

    config = uvicorn.Config("doors:application", access_log=False, log_level="warning")
    signal.signal(signal.SIGPROF, watch.look)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    try:
        uvicorn.Server(config).run(sockets=[door])
    except KeyboardInterrupt:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    os.waitpid(child, 0)
    watch.print(calls // AT_ONCE * AT_ONCE)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6400)
