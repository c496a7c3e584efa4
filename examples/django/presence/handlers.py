"""Handlers; the app finds them in ``handlers.py`` or ``rpc.py``."""

import time

from asgiref.sync import sync_to_async
from centrifugo_rpc import Conn, PermissionDenied, websocket_rpc
from django.db import DatabaseError, connection

from .models import Presence
from .schemas import (
    HealthCheckParams,
    HealthCheckResult,
    ServiceHealth,
    UserPresenceParams,
    UserPresenceResult,
)

_STARTED = time.monotonic()


@websocket_rpc("system.health", idempotent=True)
async def health(_: Conn, params: HealthCheckParams) -> HealthCheckResult:
    """Tell whether the server works."""
    services = [await sync_to_async(_database)()] if params.include_services else []
    return HealthCheckResult(
        status="ok" if all(one.healthy for one in services) else "degraded",
        version="1.0.0",
        uptime_s=int(time.monotonic() - _STARTED),
        services=services,
    )


@websocket_rpc("users.update_presence")
async def update_presence(conn: Conn, params: UserPresenceParams) -> UserPresenceResult:
    """Set what others see of a user."""
    if params.user_id != conn.user:
        raise PermissionDenied
    presence, _ = await Presence.objects.aupdate_or_create(
        user_id=params.user_id,
        defaults={"status": params.status.value, "message": params.message},
    )
    return UserPresenceResult.model_validate(presence)


def _database() -> ServiceHealth:
    started = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return ServiceHealth(name="database", healthy=False)
    passed = (time.monotonic() - started) * 1000
    return ServiceHealth(name="database", healthy=True, latency_ms=passed)
