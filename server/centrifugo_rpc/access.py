"""Who may subscribe to an event: everybody, one user, or whom a function permits."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal

from pydantic import PydanticUserError, TypeAdapter, ValidationError

from . import injection
from .channels import ChannelTemplate, argument_text
from .injection import Asking, Injector, asked_for
from .typeinfo import (
    Scope,
    annotations_of,
    is_async,
    plain_function,
    resolve,
    source_of,
)

Access = Literal["public", "user", "permission"]
"""``public``: every user; ``user``: whom the channel names; ``permission``: see below."""

EventPermission = Callable[..., Awaitable[bool]]
"""``async def may_read(user, project_id: UUID) -> bool``.

It takes the user's id, and the channel's arguments by their names. An argument is
validated as what it is annotated with; without an annotation it is a ``str``.
"""

_ACCESSES: dict[str, Access] = {
    "public": "public",
    "user": "user",
    "permission": "permission",
}


def access_of(
    template: ChannelTemplate, said: str | None, *, permission: bool
) -> Access:
    """Return an event's access; ``ValueError`` if what is said makes no sense."""
    if said is not None and said not in _ACCESSES:
        message = f"access must be one of {', '.join(_ACCESSES)}, not {said!r}"
        raise ValueError(message)
    if permission and said not in {None, "permission"}:
        message = f"access is {said!r}, so that its permission is never asked"
        raise ValueError(message)
    default = "permission" if permission else _default(template)
    access = _ACCESSES[said or default]
    if access == "user" and not template.of_one_user:
        message = (
            f"access is 'user', but channel {template.text!r} does not end with "
            "#{user_id}, or has another #"
        )
        raise ValueError(message)
    if access != "user" and template.of_one_user:
        message = (
            f"channel {template.text!r} ends with #{{user_id}}: Centrifugo opens it to "
            "that user, and asks nobody"
        )
        raise ValueError(message)
    # Centrifugo asks for a token about a private channel, which anybody may have signed.
    private = template.text.startswith("$")
    if said == "permission" and not permission and not private:
        message = "access is 'permission', but there is no permission= to ask"
        raise ValueError(message)
    return access


def _default(template: ChannelTemplate) -> Access:
    if template.of_one_user:
        return "user"
    return "permission" if template.names else "public"


class PermissionCheck:
    """A permission function, and the types of the arguments that it takes."""

    def __init__(
        self, function: EventPermission, template: ChannelTemplate, scope: Scope
    ) -> None:
        """Read the function's signature; ``ValueError`` if it cannot be asked."""
        plain = plain_function(function)
        called = getattr(plain, "__qualname__", repr(function))
        if not callable(function) or not _returns_awaitable(function):
            message = f"permission {called} is not async: write `async def`"
            raise ValueError(message)
        self.asking = Asking(function, asked_for(function, scope), source_of(function))
        wanted = ", ".join(["user", *template.names])
        injected = {p.name for p in self.asking.parameters}
        every = inspect.signature(function).parameters.values()
        parameters = [p for p in every if p.name not in injected]
        taken = [p for p in parameters if p.kind == p.VAR_KEYWORD]
        named = [p for p in parameters if p.kind != p.VAR_KEYWORD]
        names = {p.name for p in named[1:]}
        required = {p.name for p in named[1:] if p.default == p.empty}
        missing = not taken and not names.issuperset(template.names)
        odd = any(p.kind in {p.VAR_POSITIONAL, p.POSITIONAL_ONLY} for p in named[1:])
        if not named or missing or required - set(template.names) or odd:
            message = f"permission {called} must take ({wanted})"
            raise ValueError(message)
        hints = _hints(function, scope)
        if hints.get(named[0].name, str) not in {str, Any}:
            message = f"permission {called} takes the user's id first, which is a str"
            raise ValueError(message)
        self._adapters = {
            name: _adapter(called, name, hints.get(name, str))
            for name in template.names
        }

    async def allows(
        self, user: str, arguments: dict[str, str], injector: Injector | None
    ) -> bool:
        """Ask the function; arguments that are not of their types are refused."""
        values: dict[str, object] = {}
        for name, text in arguments.items():
            try:
                value = self._adapters[name].validate_strings(text)
                # "007" is the number 7, but not the channel of number 7.
                if argument_text(name, value) != text:
                    return False
            except (ValidationError, TypeError):
                return False
            values[name] = value
        # Not everybody's types are checked: a coroutine that nobody has awaited would
        # count as true.
        run = partial(self.asking.function, user, **values)
        answer = await injection.call(self.asking, injector, run)
        allowed = answer is True
        if not allowed and answer is not False:
            kind = type(answer).__name__
            message = f"the permission returned {kind}, not True or False"
            raise TypeError(message)
        return allowed


def _returns_awaitable(function: Callable[..., object]) -> bool:
    call = getattr(type(function), "__call__", None)  # noqa: B004 -- not whether
    return is_async(function) or is_async(call)


def _hints(function: Callable[..., object], scope: Scope) -> dict[str, Any]:
    plain = plain_function(function)
    if not inspect.isfunction(plain):
        plain = plain_function(type(plain).__call__)
    namespace: Scope = getattr(plain, "__globals__", {})
    hints: dict[str, Any] = {}
    for name, annotation in annotations_of(plain).items():
        if name == "return":
            continue
        try:
            hints[name] = resolve(annotation, namespace, scope)
        except NameError as error:
            message = (
                f"permission {plain.__qualname__} uses the name {error.name!r}, which "
                "is not known here: define it above, and import it outside of "
                "`if TYPE_CHECKING`"
            )
            raise ValueError(message) from error
    return hints


def _adapter(called: str, name: str, hint: Any) -> TypeAdapter[Any]:  # noqa: ANN401
    try:
        return TypeAdapter[Any](hint)
    except PydanticUserError as error:
        problem = error.message.splitlines()[0]
        message = f"permission {called}: type of {name!r}: {problem}"
        raise ValueError(message) from error
