"""Errors that a caller gets: application errors, declared errors, and the reserved ones."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json


class RPCError(Exception):
    """An error that is sent to the caller: a code, a message and optional data.

    Raise it as it is, ``RPCError(409, "project is closed")``, or declare an error
    that the generated clients know by name::

        class TaskNotFound(RPCError):
            code = 404
            message = "no such task"
            data: TaskNotFoundData  # leave it out if there is none

        raise TaskNotFound(data=TaskNotFoundData(task_id=task_id))

    Codes of applications are positive, the negative ones are reserved.
    """

    code: int
    message: str
    data: Any = None

    def __init__(
        self,
        code: int | None = None,
        message: str | None = None,
        data: object = None,
    ) -> None:
        """Use the class's own code and message where none are given."""
        name = type(self).__name__
        code = getattr(self, "code", None) if code is None else code
        if code is None:
            hint = f"{name} has no code: pass one, or set it in the class"
            raise TypeError(hint)
        if not is_code(code):
            hint = f"the code of {name} must be a whole number and not 0, not {code!r}"
            raise TypeError(hint)
        self.code = int(code)
        if message is None:
            message = getattr(self, "message", name)
        # Texts that are translated late, such as Django's, are not strings until then.
        self.message = str(message)
        if data is not None:
            self.data = data
        super().__init__(self.code, self.message, self.data)

    def __str__(self) -> str:
        """Show the code and the message, not the data."""
        return f"{self.code}: {self.message}"

    def to_json(self) -> bytes:
        """Return the wire form; raise ``ValueError`` if the data cannot be JSON."""
        error = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return plain_json(to_json(error, inf_nan_mode="null"))


def plain_json(text: bytes) -> bytes:
    """Return a text with null in place of numbers that JSON does not have.

    A model may be configured to write infinity and its like as they are.
    """
    if b"NaN" in text or b"Infinity" in text:
        return to_json(from_json(text), inf_nan_mode="null")
    return text


def is_code(code: object) -> bool:
    """Whether something may be an error's code; 0 would mean success."""
    return isinstance(code, int) and not isinstance(code, bool) and code != 0


class ParseError(RPCError):
    """The request is not JSON."""

    code = -32700
    message = "parse error"


class InvalidRequest(RPCError):
    """The text is JSON, but not a request."""

    code = -32600
    message = "invalid request"


class MethodNotFound(RPCError):
    """No handler has this name."""

    code = -32601
    message = "method not found"


class InvalidParams(RPCError):
    """The params do not fit; ``data`` is a list of ``{loc, msg, type}``."""

    code = -32602
    message = "invalid params"


class InternalError(RPCError):
    """The handler failed; the caller is not told how."""

    code = -32603
    message = "internal error"


class DeadlineExceeded(RPCError):
    """The handler was cancelled because the time was up."""

    code = -32000
    message = "deadline exceeded"


class RateLimited(RPCError):
    """The user sends too many requests."""

    code = -32001
    message = "rate limited"


class ResultTooLarge(RPCError):
    """The reply does not fit into a message."""

    code = -32002
    message = "result too large"


class Unavailable(RPCError):
    """The worker is overloaded, or about to stop."""

    code = -32003
    message = "unavailable"


class Cancelled(RPCError):
    """The call was cancelled before it was done."""

    code = -32004
    message = "cancelled"


class PermissionDenied(RPCError):
    """The handler's ``permission`` refused the user."""

    code = 403
    message = "permission denied"
