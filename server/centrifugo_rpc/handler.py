"""A handler: a function, and what its signature says."""

from __future__ import annotations

import copy
import inspect
import math
import re
import typing
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import NoneType
from typing import Any, Literal, NoReturn, TypedDict, cast

from pydantic import BaseModel, PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic_core import ErrorDetails, PydanticSerializationError, to_json

from .conn import Conn
from .errors import InvalidParams, ParseError, RPCError, plain_json
from .injection import Asking, asked_for
from .typeinfo import (
    RegistrationError,
    Scope,
    Source,
    annotations_of,
    is_async,
    kind_of,
    plain_function,
    resolve,
    source_of,
)
from .wire import ACKNOWLEDGE, CANCEL

Permission = Callable[..., "bool | Awaitable[bool]"]
"""Whether a caller may call a method: a function of ``conn``.

It may be async, may raise an ``RPCError``, and may ask for FastAPI's dependencies.
"""

OnDisconnect = Literal["continue", "cancel"]
"""What becomes of a call when its caller has gone."""

_WIRE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_QUOTED = re.compile("input_value=.*, (?=input_type=)")
# What a handler that yields says it returns; each has the type of its items first.
_STREAMS = {AsyncIterator, AsyncGenerator, AsyncIterable}
_STREAMS_OF_THREADS = {Iterator, Generator, Iterable}
_OBJECTS = {"model", "dataclass", "typed-dict", "dict"}
_DATACLASS = "__dataclass_fields__"
_UNTYPED = {"dataclass", "typed-dict", "call", "any", "is-instance"}
# Keys of the client's own choice are part of an issue, and of its length.
_MAX_ISSUES = 100
# To list so many takes longer than to find them, and holds up all calls.
_TOO_MANY_ISSUES = 10_000
_ISSUE_LENGTH = 300
_ISSUES_LENGTH = 32_768


class Options(TypedDict, total=False):
    """What can be said about a method beside its signature."""

    no_wait: bool
    """Clients do not wait for a reply, and get none."""
    idempotent: bool
    """Calling twice does no harm: clients may retry."""
    timeout: float | None
    """Seconds after which a call is cancelled."""
    on_disconnect: OnDisconnect
    """``cancel``: a call ends when nobody is there any longer who could get its reply."""
    errors: Sequence[type[RPCError]]
    """Errors that the generated clients know by name."""
    deprecated: bool | str
    """True, or what to use instead."""
    permission: Permission | None
    """Who may call it; everyone who is logged in, if it is left out."""


@dataclass(frozen=True)
class DeclaredError:
    """An error of a method, as the generated clients know it."""

    code: int
    name: str
    data: Any
    """The type of its data, or None."""
    doc: str
    source: Source


@dataclass(frozen=True)
class Handler:
    """One method: the function, its types, and its options."""

    name: str
    asking: Asking
    """The function, which is awaited unless it is ``blocking``."""
    blocking: bool
    """Whether the function is not async, so that it runs in a thread."""
    stream: bool
    """Whether it yields its results, any number of them."""
    params_type: Any
    """The type of the params, or None."""
    result_type: Any
    """The type of the result, of each one of a stream, or None."""
    params: TypeAdapter[Any] | None
    result: TypeAdapter[Any] | None
    no_wait: bool
    idempotent: bool
    timeout: float | None
    on_disconnect: OnDisconnect
    errors: tuple[DeclaredError, ...]
    deprecated: bool | str
    permission: Permission | None
    permission_asking: Asking | None
    """The permission as a function that is awaited."""
    doc: str
    source: Source

    def decode_params(self, text: bytes) -> object:
        """Validate params in JSON mode; absent or null means that there are none."""
        if self.params is None:
            return None
        if text.strip() in {b"", b"null"}:
            text = b"{}"
        try:
            return self.params.validator.validate_json(text)
        except ValidationError as error:
            issues = _issues(error)
            # Text that the envelope's parser accepts: nested too deep, or with a surrogate.
            if issues[0]["type"] == "json_invalid" and not issues[0]["loc"]:
                raise ParseError from error
            raise InvalidParams(data=issues) from error

    def encode_params(self, params: object) -> bytes:
        """Write params as a client does: a dict as it is, a model without defaults.

        Constants are defaults that clients do send: tags are found by them.
        """
        if params is None or self.params is None:
            return b"{}"
        if isinstance(params, Mapping):
            return to_json(params)
        params = copy.deepcopy(params)
        _set_constants(params)
        return self.params.dump_json(
            params, by_alias=True, exclude_unset=True, round_trip=True
        )

    def encode_result(self, value: object) -> bytes:
        """Write a result; raise ``ValueError`` if it is not of the result's type."""
        if self.result is None:
            return b"null"
        return dump_json(self.result, value)


def _set_constants(value: object) -> None:
    """Count constants as fields that were set, in a value and in all that it holds."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            hint = field.annotation
            if typing.get_origin(hint) is Literal and len(typing.get_args(hint)) == 1:
                value.model_fields_set.add(name)
        _set_constants(vars(value))
    elif isinstance(value, Mapping):
        _set_constants(list(cast("Any", value).values()))
    elif isinstance(value, list | tuple | set | frozenset):
        for item in cast("Any", value):
            _set_constants(item)


def dump_json(adapter: TypeAdapter[Any], value: object) -> bytes:
    """Write a value; raise ``ValueError`` if it is not of the type."""
    # As the adapter's own method does, which looks at a dozen options first.
    try:
        text = adapter.serializer.to_json(value, by_alias=True, warnings="error")
    except PydanticSerializationError as error:
        # It quotes the value, which is nobody's business who reads the log.
        message = _QUOTED.sub("", str(error))
        raise ValueError(message) from None
    return plain_json(text)


def make_handler(  # noqa: PLR0913 -- these are the decorator's options
    name: str,
    function: Callable[..., object],
    scope: Scope,
    *,
    no_wait: bool = False,
    idempotent: bool = False,
    timeout: float | None = None,
    on_disconnect: OnDisconnect = "continue",
    errors: Sequence[type[RPCError]] = (),
    deprecated: bool | str = False,
    permission: Permission | None = None,
) -> Handler:
    """Read the signature of a function; refuse what could not be served."""
    function = _callable_itself(function)
    reader = _Reader(name, function, scope)
    reader.check_name()
    reader.check_async()
    stream = reader.yields or reader.yields_in_thread
    blocking = reader.yields_in_thread or not (stream or is_async(function))
    params = reader.params_type()
    result = reader.item_type() if stream else reader.result_type()
    if no_wait and stream:
        reader.fail("yields, but sends no reply (no_wait)")
    if no_wait and (result is not None or errors):
        reader.fail("sends no reply (no_wait), so it has no result and no errors")
    reader.check_timeout(timeout)
    reader.check_on_disconnect(on_disconnect, no_wait=no_wait)
    if permission is not None and not callable(permission):
        reader.fail(
            f"has the permission {permission!r}, which is not a function of conn"
        )
    asked = Asking(
        cast("Callable[..., Awaitable[object]]", function),
        reader.injected,
        reader.source,
    )
    return Handler(
        name=name,
        asking=asked,
        blocking=blocking,
        stream=stream,
        params_type=params,
        result_type=result,
        params=reader.params_adapter(params),
        result=reader.result_adapter(result),
        no_wait=no_wait,
        idempotent=idempotent,
        timeout=timeout,
        on_disconnect=on_disconnect,
        errors=reader.errors(errors),
        deprecated=deprecated,
        permission=permission,
        permission_asking=permission and _permission(permission, scope),
        doc=inspect.getdoc(reader.plain) or "",
        source=reader.source,
    )


def check_types(handler: Handler) -> None:
    """Refuse types with names that are defined nowhere, once all modules are there.

    Only then is it known, too, whether params are JSON objects.
    """
    reader = _Reader(handler.name, handler.asking.function, {})
    if handler.params is not None:
        reader.complete(handler.params, "params type")
        reader.check_object(handler.params)
    if handler.result is not None:
        reader.complete(handler.result, "result type")
        reader.check_result(handler.result, handler.result_type)
    for error in handler.errors:
        if error.data is not None:
            role = f"type of the data of {error.name}"
            reader.complete(reader.adapter(error.data, role), role)


def check_wire_name(name: str) -> None:
    """Refuse names that an AsyncAPI document cannot have."""
    if not _WIRE_NAME.fullmatch(name):
        message = (
            f"{name!r} cannot be a wire name: write a letter, "
            "then letters, digits, and any of '.', '_' and '-'"
        )
        raise ValueError(message)


class _Reader:
    """Reads one function; its errors name the function and its place."""

    def __init__(
        self, name: str, function: Callable[..., object], scope: Scope
    ) -> None:
        self.name = name
        self.function = function
        self.scope = scope
        self.source = source_of(function)
        self.plain = plain_function(function)
        self.namespace: Scope = getattr(self.plain, "__globals__", {})

    @cached_property
    def injected(self) -> tuple[inspect.Parameter, ...]:
        """The parameters that a framework fills in."""
        return asked_for(self.function, self.scope)

    @property
    def yields(self) -> bool:
        """Whether the function is an async generator, possibly inside of others."""
        return inspect.isasyncgenfunction(self.plain)

    @property
    def yields_in_thread(self) -> bool:
        """Whether it is a generator that is not async."""
        return inspect.isgeneratorfunction(self.plain)

    def fail(self, problem: str, cause: Exception | None = None) -> NoReturn:
        called = getattr(self.plain, "__qualname__", repr(self.function))
        message = f"{self.source}: handler {called} of {self.name!r} {problem}"
        raise RegistrationError(message) from cause

    def check_name(self) -> None:
        try:
            check_wire_name(self.name)
        except ValueError as error:
            message = f"{self.source}: {error}"
            raise RegistrationError(message) from None
        if self.name in {CANCEL, ACKNOWLEDGE}:
            message = f"{self.source}: {self.name!r} is a name of the protocol's own"
            raise RegistrationError(message)

    def check_async(self) -> None:
        kind = type(self.function)
        if issubclass(kind, staticmethod | classmethod):
            name = kind.__name__
            self.fail(f"is not callable yet: put @{name} above this decorator")
        if is_async(self.plain) and not is_async(self.function):
            self.fail("is wrapped in a function that is not async: make it `async def`")
        if (self.yields or self.yields_in_thread) and is_async(self.function):
            self.fail("yields, but is wrapped in an `async def` that returns")

    def check_timeout(self, timeout: float | None) -> None:
        if timeout is None:
            return
        # Not everybody's types are checked.
        kind: object = type(timeout)
        if kind not in {int, float} or not (0 < timeout < math.inf):
            self.fail(f"has a timeout of {timeout!r}; it must be positive seconds")

    def check_on_disconnect(self, given: object, *, no_wait: bool) -> None:
        known = typing.get_args(OnDisconnect)
        if given not in known:
            choice = " or ".join(f'"{one}"' for one in known)
            self.fail(f"has on_disconnect={given!r}; it must be {choice}")
        if given == "cancel" and no_wait:
            self.fail(
                "sends no reply (no_wait), so that its callers may leave at once: "
                'on_disconnect="cancel" would end it at any time'
            )

    def params_type(self) -> Any:  # noqa: ANN401
        every = inspect.signature(self.function).parameters.values()
        # What a partial has given a value need not be passed.
        given = {
            p.name for p in every if p.kind == p.KEYWORD_ONLY and p.default != p.empty
        } | {p.name for p in self.injected}
        parameters = [p for p in every if p.name not in given]
        positional = {"POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD"}
        fits = all(p.kind.name in positional for p in parameters)
        if not fits or len(parameters) not in {1, 2}:
            self.fail("must take (conn) or (conn, params)")
        self.check_conn(parameters[0])
        if len(parameters) == 1:
            return None
        name = parameters[1].name
        hint = self.hint(name, f"type of {name!r}")
        if hint is Conn:
            self.fail("must take conn first, then params")
        return hint

    def check_conn(self, parameter: inspect.Parameter) -> None:
        """Refuse a first parameter that is of the params' type: conn was forgotten."""
        annotation = annotations_of(self.plain).get(parameter.name)
        try:
            hint = resolve(annotation, self.namespace, self.scope)
        except Exception:  # noqa: BLE001 -- it may be for type checkers only
            return
        model: type[Any] | None = typing.get_origin(hint) or hint
        if not inspect.isclass(model) or issubclass(model, Conn):
            return
        if issubclass(model, BaseModel | dict) or hasattr(model, _DATACLASS):
            self.fail(
                f"takes {_show(hint)} as its first parameter: that is conn, "
                "the params come second"
            )

    def result_type(self) -> Any:  # noqa: ANN401
        hint = self.hint("return", "return type (`-> None` if there is no result)")
        return None if hint is NoneType else hint

    def item_type(self) -> Any:  # noqa: ANN401
        """Return the type of what a handler yields."""
        hint = self.hint("return", "return type, such as AsyncIterator[Item]")
        kinds = _STREAMS if self.yields else _STREAMS_OF_THREADS
        arguments = typing.get_args(hint)
        if typing.get_origin(hint) not in kinds or not arguments:
            written = "AsyncIterator" if self.yields else "Iterator"
            self.fail(
                f"yields, but returns {_show(hint)}: write `-> {written}[Item]` with "
                "the type of what it yields"
            )
        item = arguments[0]
        if item is NoneType or item is None:
            self.fail("yields None: give its items a type")
        return item

    def hint(self, key: str, what: str) -> Any:  # noqa: ANN401
        annotations = annotations_of(self.plain)
        if key not in annotations:
            self.fail(f"needs a {what}")
        try:
            return resolve(annotations[key], self.namespace, self.scope)
        except NameError as error:
            self.fail(
                f"uses the name {error.name!r}, which is not known here: define it "
                "above, and import it outside of `if TYPE_CHECKING`",
                error,
            )

    def adapter(self, hint: Any, role: str) -> TypeAdapter[Any]:  # noqa: ANN401
        with self.explained(role):
            return TypeAdapter(hint)

    def complete(self, adapter: TypeAdapter[Any], role: str) -> None:
        with self.explained(role):
            adapter.rebuild()

    @contextmanager
    def explained(self, role: str) -> Generator[None, None, None]:
        try:
            yield
        except PydanticUndefinedAnnotation as error:
            self.fail(f"has a {role} with an unknown name: {error.message}", error)
        except PydanticUserError as error:
            first = error.message.splitlines()[0]
            self.fail(f"has a {role} that cannot be JSON: {first}", error)

    def params_adapter(self, hint: object) -> TypeAdapter[Any] | None:
        if hint is None:
            return None
        adapter = self.adapter(hint, "params type")
        self.check_object(adapter)
        if kind_of(adapter) - {"model"}:
            self.warn(f"params {_show(hint)}")
        return adapter

    def result_adapter(self, hint: object) -> TypeAdapter[Any] | None:
        if hint is None:
            return None
        adapter = self.adapter(hint, "result type")
        self.check_result(adapter, hint)
        if kind_of(adapter) & _UNTYPED:
            self.warn(f"result {_show(hint)}")
        return adapter

    def warn(self, what: str) -> None:
        self.source.warn(
            f"{self.name}: {what} is not a Pydantic model: it is served, but its "
            "schema says less"
        )

    def check_object(self, adapter: TypeAdapter[Any]) -> None:
        kinds = kind_of(adapter)
        if "none" in kinds:
            self.fail("cannot have params that are None: give their fields defaults")
        if kinds - _OBJECTS:
            found = ", ".join(sorted(kinds - _OBJECTS))
            self.fail(f"must have params that are JSON objects, not {found}")

    def check_result(self, adapter: TypeAdapter[Any], hint: object) -> None:
        kinds = kind_of(adapter, items=True)
        if "generator" in kinds:
            self.fail(f"returns {_show(hint)}: write `list[...]`, not `Iterable`")
        if "callable" in kinds:
            self.fail(f"returns {_show(hint)}, which cannot be JSON")

    def errors(self, classes: Sequence[type[RPCError]]) -> tuple[DeclaredError, ...]:
        if isinstance(classes, type):
            self.fail("has one class as its errors: write a list, `errors=[...]`")
        found = tuple(self.declared(item) for item in classes)
        codes = [item.code for item in found]
        for code in codes:
            if codes.count(code) > 1:
                self.fail(f"declares the error code {code} twice")
        return found

    def declared(self, item: object) -> DeclaredError:
        if not (isinstance(item, type) and issubclass(item, RPCError)):
            self.fail(f"declares {item!r}, which is not a subclass of RPCError")
        code: object = getattr(item, "code", None)
        if not isinstance(code, int) or isinstance(code, bool) or code <= 0:
            self.fail(
                f"declares {item.__name__}, whose code is {code}: "
                "codes of applications are positive"
            )
        data = self.data_type(item)
        if data is not None:
            self.adapter(data, f"type of the data of {item.__name__}")
        doc = inspect.cleandoc(item.__doc__ or "")
        return DeclaredError(code, item.__name__, data, doc, source_of(item))

    def data_type(self, item: type[RPCError]) -> Any:  # noqa: ANN401
        for base in item.__mro__[: item.__mro__.index(RPCError)]:
            annotations = annotations_of(base)
            if "data" in annotations:
                namespace = inspect.getmodule(base).__dict__ if base.__module__ else {}
                try:
                    hint = resolve(annotations["data"], namespace, self.scope)
                except NameError as error:
                    self.fail(f"declares {base.__name__}, but {error}", error)
                return None if hint is NoneType else hint
        return None


def _permission(permission: Permission, scope: Scope) -> Asking:
    """Make a permission a function that is awaited, and that takes conn in any case."""
    injected = asked_for(permission, scope)
    parameters = inspect.signature(permission).parameters if injected else ()
    takes_conn = not injected or len(parameters) > len(injected)

    async def ask(conn: Conn, **given: object) -> object:
        allowed = permission(conn, **given) if takes_conn else permission(**given)
        return await allowed if inspect.isawaitable(allowed) else allowed

    return Asking(ask, injected, source_of(permission))


def _callable_itself(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method of an object that is called like an async function or a generator."""
    call = getattr(type(function), "__call__", None)  # noqa: B004 -- not whether
    if not is_async(function) and (
        inspect.iscoroutinefunction(call)
        or inspect.isasyncgenfunction(call)
        or inspect.isgeneratorfunction(call)
    ):
        method: Callable[..., Any] = getattr(function, "__call__")  # noqa: B004, B009
        return method
    return function


def _issues(error: ValidationError) -> list[dict[str, object]]:
    """List what is wrong, without the input, and not more than can be read."""
    count = error.error_count()
    if count > _TOO_MANY_ISSUES:
        message = f"{count} problems are too many to list"
        return [{"loc": [], "msg": message, "type": "too_many"}]
    issues: list[dict[str, object]] = []
    room = _ISSUES_LENGTH
    for item in error.errors(include_url=False, include_input=False)[:_MAX_ISSUES]:
        loc = [one if isinstance(one, int) else _cut(one) for one in item["loc"]]
        message = _cut(_message(item))
        room -= sum(len(str(one)) for one in (*loc, message))
        if room < 0 and issues:
            break
        issues.append({"loc": loc, "msg": message, "type": item["type"]})
    return issues


def _message(item: ErrorDetails) -> str:
    """Return Pydantic's words, where they quote the input without it."""
    about = item.get("ctx", {})
    if item["type"] != "union_tag_invalid":
        return item["msg"]
    return (
        f"Input tag found using {about.get('discriminator')} does not match any of "
        f"the expected tags: {about.get('expected_tags')}"
    )


def _cut(text: str) -> str:
    return text if len(text) <= _ISSUE_LENGTH else text[:_ISSUE_LENGTH] + "…"


def _show(hint: Any) -> str:  # noqa: ANN401
    plain = isinstance(hint, type) and typing.get_origin(hint) is None
    return str(hint.__name__ if plain else hint)
