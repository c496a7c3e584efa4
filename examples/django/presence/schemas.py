"""What travels: params and results."""

from enum import Enum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class HealthCheckParams(BaseModel):
    """What to check."""

    include_services: bool = Field(
        default=False, description="Also ask every service that the server needs."
    )


class ServiceHealth(BaseModel):
    """State of one service that the server needs."""

    name: str
    healthy: bool
    latency_ms: float | None = Field(
        default=None, description="Round trip in milliseconds; null if unreachable."
    )


class HealthCheckResult(BaseModel):
    """State of the server."""

    status: Literal["ok", "degraded", "down"]
    version: str
    uptime_s: int = Field(ge=0, description="Seconds since the server started.")
    services: list[ServiceHealth] = []


class PresenceStatus(str, Enum):
    """What others see of a user."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


class UserPresenceParams(BaseModel):
    """The new presence of a user."""

    user_id: str
    status: PresenceStatus
    message: str | None = Field(
        default=None, max_length=140, description="Shown beside the name."
    )


class UserPresenceResult(BaseModel):
    """The presence as it was stored."""

    model_config = ConfigDict(from_attributes=True)

    user_id: str
    status: PresenceStatus
    message: str | None
    updated_at: AwareDatetime
