"""Settings of the worker, from arguments or from ``RPC_WORKER_*``."""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import cast

from .channels import RequestsChannels

PREFIX = "RPC_WORKER_"
SHORTEST_SECRET = 16
_LAST_PORT = 65535
_METHOD_RATE = re.compile(r"([^=\s]+)=(\d+(?:\.\d+)?)(?:/(\d+))?")
_IN_HEADERS = {"api_key", "proxy_secret"}
_NOT_0 = {
    "concurrency",
    "user_concurrency",
    "streams",
    "user_streams",
    "timeout_s",
    "presence_s",
    "result_bytes",
    "user_reply_bytes",
}


class SettingsError(ValueError):
    """A setting is missing or makes no sense; the message names it."""


@dataclass(frozen=True)
class Settings:
    """What a worker has to know; each field is read from ``RPC_WORKER_<FIELD>``."""

    api_url: str = "http://127.0.0.1:8000/api"
    """Centrifugo's HTTP API, where replies and events are published."""
    api_key: str = field(default="", repr=False)
    """Its key: ``http_api.key`` of Centrifugo's configuration."""
    ws_url: str = "ws://127.0.0.1:8000/connection/websocket"
    """Centrifugo's WebSocket, for ``serve`` only."""
    token_secret: str = field(default="", repr=False)
    """Signs the connection tokens of ``serve``: ``client.token.hmac_secret_key``."""
    token_callback: str = ""
    """Or what gives ``serve`` its tokens: ``module:function``; see ``Subscriber``."""
    token_audience: str = ""
    token_issuer: str = ""
    proxy_secret: str = field(default="", repr=False)
    """What Centrifugo must send in ``X-Centrifugo-RPC-Secret``, for the proxies."""

    subscribe: bool = False
    """For FastAPI: take requests as a subscriber does, in exactly one process."""
    proxy_address: str = ""
    """Where ``serve`` answers Centrifugo's subscribe proxy: ``127.0.0.1:9000``."""
    health_address: str = ""
    """Where ``serve`` shows /healthz, /readyz and /metrics: ``0.0.0.0:9100``."""
    log_level: str = "info"
    log_format: str = "text"
    """``text`` or ``json``; for ``serve`` only."""

    requests_channel: str = "rpc.requests"
    more_requests_channels: str = ""
    """Those that methods of the manifest have of their own, with spaces between."""
    reply_channel: str = "user#{user_id}"
    """May hold ``{nonce}``, such as ``user.{nonce}#{user_id}``."""

    concurrency: int = 64
    """Handlers that run at once."""
    user_concurrency: int = 32
    """Of these, handlers of one user."""
    queue: int = 1000
    """Requests that wait for a handler; more are answered with -32003."""
    user_queue: int = 200
    """Of these, requests of one user; more are answered with -32001."""
    streams: int = 500
    """Streams at once, which are none of these; more are answered with -32003."""
    user_streams: int = 50
    """Of these, streams of one user; more are answered with -32001."""
    abandoned_s: float = 30.0
    """Shortest silence of a client after which its stream is cancelled."""
    presence_s: float = 5.0
    """How often Centrifugo is asked whether the callers of methods with
    ``on_disconnect="cancel"`` are still there, while any of these run."""
    gone_s: float = 30.0
    """How long nobody must have been on a reply channel until its calls are cancelled."""
    rate: float = 200.0
    """Requests a second of one user, on average; 0 is unlimited."""
    burst: int = 400
    """Requests that one user may send at once on top of that."""
    method_rates: str = ""
    """The same of one user for single methods: ``tasks.export=0.5/2 tasks.find=20``."""
    require_permission: bool = False
    """Refuse to start, and to export, while a method has no ``permission``."""
    timeout_s: float = 10.0
    """Longest time from a request to its reply, where the method sets none."""
    result_bytes: int = 512 * 1024
    """Longest reply; longer ones become -32002."""
    store: str = field(default="", repr=False)
    """Redis, where all workers keep replies for retries and tell each other what
    concerns running calls: ``redis://:PASSWORD@redis:6379/0``. Empty: in memory."""
    store_prefix: str = "centrifugo_rpc"
    """Begins the names of its keys, which differ between the APIs that share a Redis."""
    dedupe_s: float = 60.0
    """How long a reply is kept for a retry of its request."""
    dedupe_bytes: int = 32 * 1024 * 1024
    """Memory for these replies, where they are kept in memory."""
    user_reply_bytes: int = 8 * 1024 * 1024
    """Replies of one user that wait to be published; beyond that -32001 and -32002."""
    publish_s: float = 10.0
    """How long a publication is repeated while the HTTP API is down."""
    history_bytes: int = 32 * 1024
    """Longer replies skip the channel's history: see queue_max_size of Centrifugo."""
    drain_s: float = 10.0
    """How long a shutdown waits for running handlers."""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        for one in fields(self):
            if one.type is not str:
                self._number(one.name)
        if self.rate and not self.burst:
            message = f"{PREFIX}BURST must be more than 0, or {PREFIX}RATE 0"
            raise SettingsError(message)
        for name in ("api_key", "proxy_secret", "token_secret"):
            self._secret(name)
        levels = ("debug", "info", "warning", "error", "critical")
        self._one_of("log_level", levels)
        self._one_of("log_format", ("text", "json"))
        self._url("api_url", ("http://", "https://"))
        self._url("ws_url", ("ws://", "wss://"))
        if self.store:
            self._url("store", ("redis://", "rediss://", "unix://"))
        self._address("proxy_address")
        self._address("health_address")
        if self.token_secret and self.token_callback:
            message = (
                f"{PREFIX}TOKEN_SECRET and {PREFIX}TOKEN_CALLBACK are both set: set one"
            )
            raise SettingsError(message)
        self.rates_of_methods()
        self._channels()

    def requests_channels(self) -> RequestsChannels:
        """Return the channels that requests come on."""
        try:
            return RequestsChannels(self.requests_channel, self.more_requests_channels)
        except ValueError as error:
            message = f"{PREFIX}MORE_REQUESTS_CHANNELS: {error}"
            raise SettingsError(message) from None

    def rates_of_methods(self) -> dict[str, tuple[float, int]]:
        """Return rate and burst of the methods that have limits of their own."""
        rates: dict[str, tuple[float, int]] = {}
        for text in self.method_rates.split():
            found = _METHOD_RATE.fullmatch(text)
            if found is None or not float(found[2]) or found[3] == "0":
                message = (
                    f"{PREFIX}METHOD_RATES holds {text!r}: write METHOD=RATE or "
                    "METHOD=RATE/BURST, such as tasks.export=0.5/2"
                )
                raise SettingsError(message)
            rate = float(found[2])
            rates[found[1]] = (rate, int(found[3] or max(1, 2 * rate)))
        return rates

    def _channels(self) -> None:
        if not self.requests_channel:
            message = f"{PREFIX}REQUESTS_CHANNEL is empty"
            raise SettingsError(message)
        self.requests_channels()
        if self.reply_channel.count("{user_id}") != 1:
            message = f"{PREFIX}REPLY_CHANNEL must hold {{user_id}} once"
            raise SettingsError(message)
        rest = self.reply_channel.replace("{user_id}", "").replace("{nonce}", "", 1)
        if "{" in rest or "}" in rest:
            message = (
                f"{PREFIX}REPLY_CHANNEL may hold {{nonce}} once, and no other braces"
            )
            raise SettingsError(message)

    def _number(self, name: str) -> None:
        value = getattr(self, name)
        if not 0 <= value < math.inf:  # false for NaN, too
            message = f"{PREFIX}{name.upper()} must be a number from 0 on, not {value}"
            raise SettingsError(message)
        if value == 0 and name in _NOT_0:
            message = f"{PREFIX}{name.upper()} must be more than 0"
            raise SettingsError(message)

    def _secret(self, name: str) -> None:
        """Refuse a file's last line feed, and what no HTTP header can hold."""
        text = getattr(self, name)
        if text != text.strip() or not text.isprintable():
            message = (
                f"{PREFIX}{name.upper()} must be printable, "
                "with no space or line feed at its ends"
            )
            raise SettingsError(message)
        if not text.isascii() and name in _IN_HEADERS:
            message = f"{PREFIX}{name.upper()} must be ASCII: it is sent in a header"
            raise SettingsError(message)

    def _url(self, name: str, schemes: tuple[str, ...]) -> None:
        if not getattr(self, name).startswith(schemes):
            message = f"{PREFIX}{name.upper()} must begin with {' or '.join(schemes)}"
            raise SettingsError(message)

    def _address(self, name: str) -> None:
        host, _, port = getattr(self, name).rpartition(":")
        is_port = port.isdecimal() and int(port) <= _LAST_PORT
        if getattr(self, name) and not (host and is_port):
            message = f"{PREFIX}{name.upper()} must be HOST:PORT"
            raise SettingsError(message)

    def _one_of(self, name: str, values: tuple[str, ...]) -> None:
        if getattr(self, name) not in values:
            message = f"{PREFIX}{name.upper()} must be one of {', '.join(values)}"
            raise SettingsError(message)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings that the environment holds; others keep their default."""
        source = os.environ if environ is None else environ
        known = {PREFIX + one.name.upper(): one for one in fields(cls)}
        values: dict[str, str | int | float] = {}
        for name, text in source.items():
            if name in known:
                kind = cast("type[str | int | float]", known[name].type)
                try:
                    values[known[name].name] = (
                        _BOOLS[text.lower()] if kind is bool else kind(text)
                    )
                except (ValueError, KeyError) as error:
                    message = f"{name} must be {_KINDS[kind]}, not {text!r}"
                    raise SettingsError(message) from error
        return cls(**values)  # type: ignore[arg-type]  # each has its field's type

    def require(self, name: str, why: str) -> None:
        """Fail with the environment's name of a setting that is empty."""
        if not getattr(self, name):
            message = f"{PREFIX}{name.upper()} is not set: {why}"
            raise SettingsError(message)

    def require_proxy_secret(self) -> None:
        """Fail unless there is a secret that nobody guesses."""
        why = (
            "without it the proxy endpoints refuse everything, since whoever can "
            "post to them is believed about the user. Set it, and send it from "
            "Centrifugo as a static header"
        )
        self.require("proxy_secret", why)
        if len(self.proxy_secret) < SHORTEST_SECRET:
            message = (
                f"{PREFIX}PROXY_SECRET has {len(self.proxy_secret)} characters, "
                f"fewer than {SHORTEST_SECRET}"
            )
            raise SettingsError(message)


_KINDS: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}
_BOOLS = {"true": True, "1": True, "false": False, "0": False, "": False}
