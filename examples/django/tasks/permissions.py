"""Who may do what only staff may."""

from centrifugo_rpc import Conn
from django.contrib.auth.models import User


async def is_staff(conn: Conn) -> bool:
    """Whether the caller of a method is staff."""
    return await _is_staff(conn.user)


async def may_audit(user: str, project_id: str) -> bool:
    """Whether a user may subscribe to what staff do to a project."""
    del project_id  # staff may see all of them
    return await _is_staff(user)


async def _is_staff(user: str) -> bool:
    if not user.isdecimal():
        return False
    return await User.objects.filter(pk=user, is_staff=True).aexists()
