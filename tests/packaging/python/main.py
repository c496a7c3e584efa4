"""Call the API once."""

import asyncio
import sys

from opensdk.python import APIClient, CentrifugoRPCClient, TaskStatsParams


async def main(url: str, token: str) -> None:
    """Print what the API knows of a user."""
    async with CentrifugoRPCClient(url, token) as rpc:
        stats = await APIClient(rpc).tasks_get_stats(TaskStatsParams(user_id="456"))
        print(f"{stats.user_id} has {stats.total} tasks")


asyncio.run(main(sys.argv[1], sys.argv[2]))
