"""Unions that a module names keep the name."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from centrifugo_rpc.export.models import export_models
from centrifugo_rpc.export.spec import Api, Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODELS = """
from typing import Annotated, Any, Literal, Union
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

class Card(BaseModel):
    kind: Literal["card"] = "card"
class Bank(BaseModel):
    kind: Literal["bank"] = "bank"
class Cash(BaseModel):
    kind: Literal["cash"] = "cash"
"""


@pytest.fixture
def shop() -> Iterator[Callable[..., dict[str, Any]]]:
    """Return a function that exports a model of a module that is made of code."""
    made: list[str] = []

    def export(code: str, *imported: ModuleType) -> dict[str, Any]:
        module = ModuleType(f"shop{len(made)}")
        made.append(module.__name__)
        sys.modules[module.__name__] = module
        for other in imported:
            vars(module).update(
                {k: v for k, v in vars(other).items() if not k.startswith("__")}
            )
        exec(code if imported else MODELS + code, vars(module))  # noqa: S102 -- ours
        kind = vars(module)["Order"]
        exported = export_models(Api("a", "1", [Method("a", kind, kind)]))
        defs: dict[str, Any] = exported.models["$defs"]
        return defs

    yield export
    for name in made:
        del sys.modules[name]


def shown(defs: dict[str, Any], member: str = "payment") -> Any:
    order = defs.get("Order-Output") or defs["Order"]
    return order["properties"][member]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def variants_of(schema: dict[str, Any], defs: dict[str, Any]) -> list[Any]:
    """List the variants of a union, and those of unions in it."""
    schema = defs[schema["$ref"][8:]] if "$ref" in schema else schema
    inner = schema.get("anyOf", [])
    return [*inner, *(part for one in inner for part in variants_of(one, defs))]


TAGGED = 'Payment = Annotated[Card | Bank, Field(discriminator="kind")]\n'


def test_a_union_with_a_discriminator(shop: Callable[..., dict[str, Any]]) -> None:
    defs = shop(
        TAGGED
        + "class Order(BaseModel):\n"
        + "    payment: Payment\n"
        + "    maybe: Payment | None = None\n"
        + "    several: list[Payment] = []\n"
        + "    other: Card | Bank = Card()\n"
    )
    assert shown(defs) == ref("Payment-Output")
    assert shown(defs, "maybe")["anyOf"] == [ref("Payment-Output"), {"type": "null"}]
    assert shown(defs, "several")["items"] == ref("Payment-Output")
    assert "anyOf" in shown(defs, "other")
    assert defs["Payment-Output"]["discriminator"]["propertyName"] == "kind"


def test_a_union_of_which_nothing_differs_is_one_type(
    shop: Callable[..., dict[str, Any]],
) -> None:
    defs = shop("""
class A(BaseModel):
    a: int
class B(BaseModel):
    b: int
Either = Union["A", B, None]
class Order(BaseModel):
    payment: Either
""")
    assert defs["Either"] == {"anyOf": [ref("A"), ref("B")]}
    assert shown(defs)["anyOf"] == [ref("Either"), {"type": "null"}]


def test_a_discriminator_that_a_member_adds(
    shop: Callable[..., dict[str, Any]],
) -> None:
    defs = shop("""
Payment = Card | Bank
class Order(BaseModel):
    payment: Payment = Field(discriminator="kind")
""")
    assert shown(defs) == ref("Payment-Output")
    assert "discriminator" in defs["Payment-Output"]


def test_a_function_as_discriminator(shop: Callable[..., dict[str, Any]]) -> None:
    defs = shop("""
def kind(value: Any) -> str: return "card"
Payment = Annotated[
    Annotated[Card, Tag("card")] | Annotated[Bank, Tag("bank")], Discriminator(kind)
]
class Order(BaseModel):
    payment: Payment
""")
    assert shown(defs) == ref("Payment-Output")


def test_the_name_is_that_of_the_variants_module(
    shop: Callable[..., dict[str, Any]],
) -> None:
    shop(TAGGED + "class Order(BaseModel):\n    payment: Payment\n")
    first = sys.modules["shop0"]
    defs = shop("P = Payment\nclass Order(BaseModel):\n    payment: P\n", first)
    assert shown(defs) == ref("Payment-Output")


def test_a_name_in_the_module_that_uses_it(
    shop: Callable[..., dict[str, Any]],
) -> None:
    shop("class Order(BaseModel):\n    payment: Card\n")
    first = sys.modules["shop0"]
    code = TAGGED + "class Order(BaseModel):\n    payment: Payment\n"
    assert shown(shop(code, first)) == ref("Payment-Output")


@pytest.mark.parametrize(
    "code",
    [
        "_Payment = Card | Bank\nclass Order(BaseModel):\n    payment: _Payment\n",
        "Id = int | str\nclass Order(BaseModel):\n    payment: int | str\n",
        "Payment = Card | Bank\nclass Order(BaseModel):\n    payment: Card | Cash\n",
    ],
)
def test_unions_that_have_no_name(
    shop: Callable[..., dict[str, Any]], code: str
) -> None:
    assert "anyOf" in shown(shop(code))


def test_a_union_in_another_configuration_is_another_type(
    shop: Callable[..., dict[str, Any]],
) -> None:
    defs = shop("""
Payment = Card | float
class Inner(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="strings")
    payment: Payment
class Order(BaseModel):
    payment: Payment
    inner: Inner
""")
    words = {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}
    inner = defs["Inner-Output"]["properties"]["payment"]
    schemas = [shown(defs), inner]
    assert ref("Payment-Output") in schemas
    assert [words in variants_of(one, defs) for one in schemas] == [False, True]
