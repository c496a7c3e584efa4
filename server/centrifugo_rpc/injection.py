"""Parameters that a web framework fills in, such as those with FastAPI's ``Depends``."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, get_args

from .typeinfo import RegistrationError, annotations_of, plain_function
from .typeinfo import resolve as resolve_annotation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .typeinfo import Scope, Source

_MARKERS = {"Depends", "Security"}


@dataclass(frozen=True, eq=False)
class Asking:
    """A function, and the parameters that it wants from a framework."""

    function: Callable[..., Awaitable[object]]
    parameters: tuple[inspect.Parameter, ...]
    """With annotations that are types, not text."""
    source: Source


class Injector(Protocol):
    """A framework that fills parameters in."""

    def check(self, asking: Asking) -> None:
        """Refuse parameters that it cannot fill in; ``RegistrationError``."""

    async def call(
        self, asking: Asking, run: Callable[..., Awaitable[object]]
    ) -> object:
        """Call ``run`` with all that the function asks for, by name."""
        ...


def asked_for(
    function: Callable[..., Any], scope: Scope
) -> tuple[inspect.Parameter, ...]:
    """Return the parameters of a function that a framework has to fill in."""
    plain = plain_function(function)
    if not inspect.isfunction(plain):
        plain = plain_function(type(plain).__call__)
    annotations = annotations_of(plain)
    namespace: Scope = getattr(plain, "__globals__", {})
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # one of those that are written in C
        return ()
    found: list[inspect.Parameter] = []
    for parameter in parameters:
        hint = annotations.get(parameter.name, Any)
        try:
            hint = resolve_annotation(hint, namespace, scope)
        except Exception:  # noqa: BLE001 -- whoever needs the type says what is wrong
            hint = Any
        if any(map(_is_marker, (parameter.default, *get_args(hint)[1:]))):
            found.append(
                parameter.replace(annotation=hint, kind=parameter.KEYWORD_ONLY)
            )
    return tuple(found)


async def call(
    asking: Asking, injector: Injector | None, run: Callable[..., Awaitable[object]]
) -> object:
    """Call ``run`` with what the function asks for."""
    if not asking.parameters:
        return await run()
    if injector is None:
        raise RegistrationError(_nobody_fills_in(asking))
    return await injector.call(asking, run)


def check(asking: Asking, injector: Injector | None) -> None:
    """Refuse a function that asks for what it does not get."""
    if not asking.parameters:
        return
    if injector is None:
        raise RegistrationError(_nobody_fills_in(asking))
    injector.check(asking)


def _nobody_fills_in(asking: Asking) -> str:
    names = ", ".join(repr(one.name) for one in asking.parameters)
    return (
        f"{asking.source}: nobody fills in {names}: make "
        "centrifugo_rpc.fastapi.CentrifugoRPC(app) before the first call"
    )


def _is_marker(value: object) -> bool:
    kind = type(value)
    return kind.__name__ in _MARKERS and kind.__module__.startswith("fastapi.")
