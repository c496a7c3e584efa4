"""What all tests of the client have."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from .scripted_broker import (
    Broker,
    Json,
)


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with Broker() as running:
        yield running


@pytest.fixture(autouse=True)
async def nothing_left() -> AsyncIterator[None]:
    """No test leaves a task or a logged error behind."""
    problems: list[Json] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: problems.append(context)
    )
    yield
    assert problems == []
