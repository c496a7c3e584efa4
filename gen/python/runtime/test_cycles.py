"""Models of long cycles."""

import json
from typing import ClassVar

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from ._json.cycles import CyclicModel
from ._models import Model


class Author(CyclicModel):
    age: int
    books: "list[Book] | None" = None


class Book(CyclicModel):
    pages: int
    authors: "dict[str, Author] | None" = None
    sequel: "Book | None" = None
    best: "Author | int | None" = None

    _not_null: ClassVar[frozenset[str]] = frozenset({"sequel"})


class Shelf(Model):
    books: list[Book]


LIBRARY = {
    "books": [
        {
            "pages": 300,
            "authors": {"Ann": {"age": 40, "books": [{"pages": 1.0, "isbn": "x"}]}},
            "sequel": {"pages": 1, "best": {"age": 3}},
            "best": 5,
        }
    ]
}


def test_models_of_a_cycle_read_and_write_what_the_wire_has() -> None:
    shelf = Shelf.model_validate_json(json.dumps(LIBRARY))
    assert json.loads(shelf.model_dump_json()) == LIBRARY
    assert shelf.model_dump() == LIBRARY
    authors = shelf.books[0].authors
    assert authors is not None
    assert isinstance(authors["Ann"], Author)
    assert shelf == Shelf.model_validate(LIBRARY)


def test_models_of_a_cycle_are_read_by_an_adapter() -> None:
    adapter = TypeAdapter(list[Author])
    (author,) = adapter.validate_json('[{"age": 1, "books": [{"pages": 2}]}]')
    assert author == Author(age=1, books=[Book(pages=2)])
    assert adapter.dump_json([author]) == b'[{"age":1,"books":[{"pages":2}]}]'


WRONG_BOOKS = [
    ({"pages": "1"}, ("books", 0, "pages"), "int_type"),
    ({"pages": 1, "sequel": None}, ("books", 0, "sequel"), "null"),
    ({"pages": 1, "sequel": 2}, ("books", 0, "sequel"), "model_type"),
    (
        {"pages": 1, "authors": {"A": {"age": 1, "books": [{"pages": True}]}}},
        ("books", 0, "authors", "A", "books", 0, "pages"),
        "int_type",
    ),
]


@pytest.mark.parametrize(("book", "place", "kind"), WRONG_BOOKS)
def test_problems_in_a_cycle_have_their_place(
    book: object, place: object, kind: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Shelf.model_validate_json(json.dumps({"books": [book]}))
    assert [(p["loc"], p["type"]) for p in caught.value.errors()] == [(place, kind)]


def test_models_of_a_cycle_are_made_in_python() -> None:
    book = Book(pages=1, authors={"Ann": Author(age=2)})
    assert Author(age=1, books=[book]).books == [book]
    made = Author.model_construct(age=1, books=[Book.model_construct(pages=2)])
    assert made.model_dump_json() == '{"age":1,"books":[{"pages":2}]}'
    with pytest.raises(ValidationError):
        Author(age=1, books=[{"pages": "many"}])


def test_models_of_a_cycle_are_part_of_models_of_users() -> None:
    class Mine(BaseModel):
        author: Author

    mine = Mine.model_validate_json('{"author": {"age": 1, "books": [{"pages": 2}]}}')
    assert mine.author.books == [Book(pages=2)]
    assert Mine.model_json_schema()["properties"]["author"]["title"] == "Author"


def test_values_as_deep_as_json_may_be_are_read() -> None:
    text = '{"pages": 1, "sequel": ' * 150 + '{"pages": 1}' + "}" * 150
    assert json.loads(Book.model_validate_json(text).model_dump_json()) == json.loads(
        text
    )
