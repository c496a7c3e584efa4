"""Bytes that travel as Base64 text."""

import pytest
from pydantic import ValidationError

from . import _models
from ._models import Model, UnknownString


class Tolerant(Model):
    data: _models.Base64 = b""
    url_data: _models.Base64URL = b""
    parts: list[_models.Base64] | None = None


class Strict(Model):
    data: _models.StrictBase64 = b""
    url_data: _models.StrictBase64URL = b""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("AP/+", b"\0\xff\xfe"),
        ("AP_-", b"\0\xff\xfe"),
        ("-_-_", b"\xfb\xff\xbf"),
        ("QQ==", b"A"),
        ("QQ", b"A"),
        ("QR==", b"A"),
        ("", b""),
    ],
)
def test_bytes_are_written_as_they_came(text: str, value: bytes) -> None:
    decoded = Tolerant.model_validate_json(f'{{"data":"{text}","url_data":"{text}"}}')
    assert (decoded.data, decoded.url_data) == (value, value)
    again = Tolerant.model_validate(decoded.model_dump())
    for model in (decoded, again, Tolerant(data=decoded.data)):
        assert f'"data":"{text}"' in model.model_dump_json()


@pytest.mark.parametrize("text", ["{}", "A", "AAAA AAAA", "ä", "A" * 5])
def test_other_text_is_kept_in_results_and_refused_in_params(text: str) -> None:
    decoded = Tolerant.model_validate_json(f'{{"data":"{text}","parts":["{text}"]}}')
    assert type(decoded.data) is UnknownString
    assert decoded.model_dump(mode="json") == {"data": text, "parts": [text]}
    with pytest.raises(ValidationError):
        Strict.model_validate_json(f'{{"data":"{text}"}}')


@pytest.mark.parametrize("text", ['{"data":"-_-_"}', '{"url_data":"+/+/"}'])
def test_params_have_one_alphabet(text: str) -> None:
    with pytest.raises(ValidationError, match="other alphabet"):
        Strict.model_validate_json(text)


def test_bytes_of_python_are_written_in_the_alphabet_of_the_type() -> None:
    dumped = Strict(data=b"\xfb\xff\xbf", url_data=b"\xfb\xff\xbf").model_dump_json()
    assert dumped == '{"data":"+/+/","url_data":"-_-_"}'


def test_other_values_are_refused() -> None:
    with pytest.raises(ValidationError):
        Tolerant.model_validate_json('{"data":1}')
