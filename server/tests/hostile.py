"""Attacks that every front door withstands, and the victim's point of view."""

import contextlib

from processes import RawClient
from websockets.exceptions import ConnectionClosed

BURST = 20
LIMITS = {"rate": 0.001, "burst": BURST}
"""Settings of the worker: a user may make so many requests in a test."""
_FLOOD = 60


async def undisturbed(victim: RawClient, number: str) -> None:
    """Call; the reply must be the next publication that the victim gets."""
    request = {"method": "echo", "params": {"text": "hi"}, "correlation_id": number}
    assert "publish" in await victim.publish(request)
    reply = await victim.next_reply()
    assert (reply["correlation_id"], reply["result"]["text"]) == (number, "hi")


async def replay(hostile: RawClient, victim: RawClient) -> None:
    """A replayed id runs once, and reaches only its sender; others may use the same."""
    first = await hostile.call("echo", {"text": "one"}, "replay")
    assert first["result"]["text"] == "one"
    assert await hostile.call("echo", {"text": "two"}, "replay") == first
    await undisturbed(victim, "replay")


async def flood(hostile: RawClient, victim: RawClient, poison: int) -> int:
    """After ``replay``, and so many that were not requests: each is answered at once.

    Return how many were refused on the acknowledgement.
    """
    request = {"method": "echo", "params": {"text": "x"}}
    refused = 0
    for number in range(_FLOOD):
        ack = await hostile.publish({**request, "correlation_id": f"f{number}"})
        if "error" in ack:
            assert ack["error"] == {"code": 1429, "message": "rate limited"}
            refused += 1
        if number % 10 == 0:
            await undisturbed(victim, f"v{number}")
    await undisturbed(victim, "after the flood")
    replies = [await hostile.next_reply() for _ in range(_FLOOD - refused)]
    codes = [reply["error"]["code"] for reply in replies if "error" in reply]
    ran = BURST - 2 - poison
    assert codes == [-32001] * (_FLOOD - refused - ran)
    assert hostile.publications.empty()
    return refused


async def too_long(hostile: RawClient) -> None:
    """A frame of 1 MiB ends the connection of who sends it."""
    # The broker need not read all of it first, and a reset may overtake its reason.
    with contextlib.suppress(ConnectionClosed):
        await hostile.socket.send("x" * 2**20)
    await hostile.socket.wait_closed()
    assert hostile.socket.close_code in {1006, 1009}
