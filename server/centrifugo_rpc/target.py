"""Finds the router that a command line names."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

from .blame import user_line
from .router import MessageRouter
from .typeinfo import RegistrationError

if TYPE_CHECKING:
    from collections.abc import Callable


class TargetError(Exception):
    """The modules of the command line cannot be used; the message says why."""


def load_router(targets: list[str]) -> MessageRouter:
    """Import ``module`` or ``module:router`` targets; return the one router of them."""
    found = {id(router): router for router in map(_load, targets)}
    if len(found) > 1:
        message = "these modules have several routers: " + ", ".join(targets)
        raise TargetError(message)
    router = next(iter(found.values()))
    require_registered(
        router,
        f"{', '.join(targets)}: nothing is registered; decorate handlers with "
        '@websocket_rpc("name"), or name your router as module:router',
    )
    return router


def require_registered(router: MessageRouter, message: str) -> None:
    """Raise ``TargetError`` with the message for a router without methods and events."""
    if not router.registry.handlers and not router.registry.events:
        raise TargetError(message)


def load_function(target: str) -> Callable[..., Any]:
    """Import what ``module:function`` names; ``TargetError`` if that is not a function."""
    name, _, attribute = target.partition(":")
    if not (name and attribute):
        message = f"{target!r} is not of the form module:function"
        raise TargetError(message)
    function: object = getattr(_import(name), attribute, None)
    if not callable(function):
        message = f"{target}: {name} has no function {attribute!r}"
        raise TargetError(message)
    return cast("Callable[..., Any]", function)


def _load(target: str) -> MessageRouter:
    name, _, attribute = target.partition(":")
    if name.endswith(".py") or "/" in name:
        dotted = name.removeprefix("./").removesuffix(".py").replace("/", ".")
        message = f"{name!r} is a file: name its module, such as {dotted}"
        raise TargetError(message)
    module = _import(name)
    if not attribute:
        return MessageRouter.default
    router = getattr(module, attribute, None)
    if not isinstance(router, MessageRouter):
        message = f"{target}: {name} has no MessageRouter {attribute!r}"
        raise TargetError(message)
    return router


def _import(name: str) -> object:
    try:
        return importlib.import_module(name)
    except RegistrationError as error:
        raise TargetError(str(error)) from error
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            message = f"there is no module {error.name!r} in this folder, or installed"
            raise TargetError(message) from error
        raise TargetError(_show(error, name)) from error
    except Exception as error:
        raise TargetError(_show(error, name)) from error


def _show(error: Exception, module: str) -> str:
    """Show an error of the user's module with the place in the user's code."""
    text = f"{type(error).__name__}: {error}"
    place = user_line(error, module.partition(".")[0])
    return f"{place}: {text}" if place else text
