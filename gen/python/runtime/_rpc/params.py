"""What calls take as params."""

from collections.abc import Mapping
from typing import Annotated, Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from .._json.base import Model, lost_members
from .api import Method
from .wire import adapter_of


def params_of(method: Method[Any], params: object) -> object:
    """Return params of the method's own type.

    A mapping is validated, as is the JSON of another model with the same members.
    Anything else is a ``TypeError``.
    """
    kind = _bare(method.params)
    if params is None:
        _check_absent(method)
        return None
    if kind is None:
        message = f"{method.name} takes no params"
        raise TypeError(message)
    if _is_class(kind) and isinstance(params, cast("type", kind)):
        return params
    validator = adapter_of(method.params).validator
    if isinstance(params, BaseModel):
        if isinstance(params, Model) and not _is_class(kind):
            return validator.validate_python(params)  # a variant of a union
        text = params.model_dump_json(by_alias=True, round_trip=True)
        return _without_losses(params, validator.validate_json(text))
    if isinstance(params, Mapping):
        members = cast("Mapping[str, object]", params)
        return validator.validate_python(dict(members))
    return _plain(method, params)


def _check_absent(method: Method[Any]) -> None:
    """Check that params can be left out, or be null."""
    if method.params is None or method.null_params:
        return
    try:
        adapter_of(method.params).validator.validate_json(b"{}")
    except ValidationError:
        raise _wrong_type(method, None) from None


def _plain(method: Method[Any], params: object) -> object:
    """Return params of a method that takes something else than an object."""
    try:
        return adapter_of(method.params).validator.validate_python(params, strict=True)
    except ValidationError as error:
        if all(problem["type"].endswith("_type") for problem in error.errors()):
            raise _wrong_type(method, params) from None
        raise


def _bare(kind: object) -> object:
    """Return the class itself where it is marked as one of another package."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_class(kind: object) -> bool:
    """Tell a class from dict[str, int] and Any, which are classes to some Pythons."""
    return isinstance(kind, type) and get_origin(kind) is None and kind is not Any


def _without_losses(given: BaseModel, params: object) -> object:
    """Refuse a model with further members: the server would never see them."""
    if isinstance(params, BaseModel):
        own = (params.model_extra or {}).keys() - (given.model_extra or {}).keys()
        if not isinstance(params, Model):
            own = lost_members(
                type(params), given.model_dump(by_alias=True, round_trip=True)
            )
        if own:
            names = ", ".join(map(repr, sorted(own)))
            other = type(given).__name__
            message = (
                f"{other} has members that {type(params).__name__} has not: {names}"
            )
            raise TypeError(message)
    return params


def _wrong_type(method: Method[Any], params: object) -> TypeError:
    kind: Any = _bare(method.params)
    own = f"a {kind.__name__} or " if _is_class(kind) else ""
    what = f"params of {method.name} are {own}a mapping"
    return TypeError(f"{what}, not {type(params).__name__}")
