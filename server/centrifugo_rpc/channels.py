"""Channel templates: fill them with arguments, and read the arguments of a channel."""

from __future__ import annotations

import re
from enum import Enum
from uuid import UUID

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
USER = "user_id"
"""The placeholder for the id of a user."""
_SIGNS = ",#:"
"""What Centrifugo itself reads in a channel: a user's id must have none of them."""


class ChannelTemplate:
    """A channel's name with ``{placeholders}``, such as ``tasks:{project_id}``.

    A channel has one meaning: what a placeholder takes has one character or more, but
    not ``#`` and not the character that follows the placeholder.
    """

    def __init__(self, text: str) -> None:
        """Read a template; ``ValueError`` if it is none, or has several meanings."""
        self.text = text
        pieces = _PLACEHOLDER.split(text)
        literals, self.names = pieces[::2], pieces[1::2]
        if not text or any("{" in one or "}" in one for one in literals):
            message = f"{text!r} is not a channel: write a placeholder as {{name}}"
            raise ValueError(message)
        if len(set(self.names)) != len(self.names):
            message = f"channel {text!r} has a placeholder twice"
            raise ValueError(message)
        if not all(literals[1:-1]):
            message = f"channel {text!r} has nothing between two placeholders"
            raise ValueError(message)
        self._refused = {
            name: _refused(name, following)
            for name, following in zip(self.names, literals[1:], strict=True)
        }
        pattern = re.escape(literals[0])
        for name, following in zip(self.names, literals[1:], strict=True):
            signs = re.escape(self._refused[name])
            pattern += f"(?P<{name}>[^{signs}]+){re.escape(following)}"
        self._pattern = re.compile(pattern)

    @property
    def of_one_user(self) -> bool:
        """Whether Centrifugo lets only the user subscribe whom the channel names."""
        return self.text.endswith(f"#{{{USER}}}") and self.text.count("#") == 1

    def fill(self, arguments: dict[str, object]) -> str:
        """Return the channel for these arguments."""
        if set(arguments) != set(self.names):
            expected = ", ".join(self.names) or "no arguments"
            given = ", ".join(arguments) or "none"
            message = f"channel {self.text!r} takes {expected}; given: {given}"
            raise TypeError(message)
        texts = {name: argument_text(name, arguments[name]) for name in self.names}
        for name, text in texts.items():
            if not text or not set(self._refused[name]).isdisjoint(text):
                signs = " ".join(self._refused[name])
                message = (
                    f"channel argument {name!r} must not be empty, or hold any of "
                    f"{signs}: {self.text!r} would be another channel"
                )
                raise ValueError(message)
        return _PLACEHOLDER.sub(lambda found: texts[found[1]], self.text)

    def match(self, channel: str) -> dict[str, str] | None:
        """Return the arguments of a channel; None if it is not one of the template's."""
        found = self._pattern.fullmatch(channel)
        return found.groupdict() if found else None


class RequestsChannels:
    """The channels that requests come on: the main one, and more with spaces between."""

    def __init__(self, main: str, more: str = "") -> None:
        """Read them; ``ValueError`` if one is not a channel."""
        templates = [ChannelTemplate(text) for text in more.split()]
        self.main = main
        self.fixed = [main, *(one.text for one in templates if not one.names)]
        """Those that a worker can subscribe to."""
        self.templates = [one for one in templates if one.names]
        """Those with placeholders."""

    def takes(self, channel: object, user: str) -> bool:
        """Tell whether a user may publish requests there: ``{user_id}`` is that user."""
        if channel in self.fixed:
            return True
        found = (one.match(str(channel)) for one in self.templates)
        return any(it is not None and it.get(USER, user) == user for it in found)


def _refused(name: str, following: str) -> str:
    """List the characters that a placeholder does not take, each once."""
    signs = _SIGNS if name == USER else "#"
    return "".join(dict.fromkeys(signs + following[:1]))


def argument_text(name: str, value: object) -> str:
    """Write an argument as it stands in a channel."""
    if isinstance(value, Enum):
        value = value.value
    # A bool or a None would be written as Python writes it: never what is meant.
    if isinstance(value, bool) or not isinstance(value, str | int | UUID):
        message = f"channel argument {name!r} must be a text, a number or a UUID"
        raise TypeError(message)
    return str(value)
