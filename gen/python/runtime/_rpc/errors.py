"""What calls fail with."""

from typing import Any, ClassVar, cast

from typing_extensions import TypedDict


class EventPosition(TypedDict):
    """A place among the events of a channel, in the form in which JSON keeps it.

    ``{"offset": 0, "epoch": ""}`` is the beginning.
    """

    offset: int
    epoch: str


class CallError(Exception):
    """Base of everything that a call can fail with, cancellation aside."""

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        correlation_id: str = "",
        sent: bool = True,
    ) -> None:
        """Describe the call: its wire name, its id and whether it may have run."""
        super().__init__(f"{method}: {message}" if method else message)
        self.method = method
        self.correlation_id = correlation_id
        self.sent = sent
        """False: the request certainly did not run, and is safe to repeat."""


class RPCError(CallError):
    """The server answered with an error."""

    declared_code: ClassVar[int | None] = None
    data_type: ClassVar[Any] = None

    def __init__(  # noqa: PLR0913
        self,
        code: int,
        message: str,
        data: Any = None,  # noqa: ANN401
        *,
        method: str = "",
        correlation_id: str = "",
        sent: bool = True,
    ) -> None:
        """Keep what the server said: its code, message and data."""
        super().__init__(
            f"{message} (code {code})",
            method=method,
            correlation_id=correlation_id,
            sent=sent,
        )
        self.code = code
        self.message = message
        self.data: Any = data


class InvalidParamsError(RPCError):
    """The server refused the params: code -32602."""

    @property
    def issues(self) -> list[dict[str, Any]]:
        """What is wrong: ``loc``, ``msg`` and ``type`` of each problem."""
        data: object = self.data
        return cast("list[dict[str, Any]]", data) if isinstance(data, list) else []


class MethodNotFoundError(RPCError):
    """The server does not know the method: code -32601, or 1404 for a notification."""


class CallTimeout(CallError, TimeoutError):
    """No reply came in time. If ``sent``, the outcome is unknown."""


class ConnectionLost(CallError):
    """The connection broke, or was closed, before the reply came."""


class RequestTooLarge(CallError):
    """The request does not fit into a frame; nothing was sent."""


class NotConnected(CallError):
    """There is no connection: ``connect()`` was not called, or it has ended."""


class EventOverflow(CallError):
    """Ends an iteration that is too slow: more events came than may wait for it."""


class EventsLost(CallError):
    """Ends an iteration with ``since``: the events behind a position are not kept any more."""

    def __init__(
        self, message: str, position: EventPosition, *, method: str = ""
    ) -> None:
        """Tell where the channel stands."""
        super().__init__(message, method=method, sent=False)
        self.position = position
        """Where to go on, once the state that the events are about was fetched anew."""


class ConnectError(CallError):
    """Connecting failed for good; ``code`` is Centrifugo's, if it gave one."""

    def __init__(self, message: str, code: int = 0, *, method: str = "") -> None:
        """Say why."""
        super().__init__(message, method=method, sent=False)
        self.code = code
