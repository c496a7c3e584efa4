"""Describes numbers, times and bytes as the configuration of a class lets them travel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .presence import PresenceWriter

if TYPE_CHECKING:
    from pydantic_core import core_schema

    from .tracing import JsonObject


class ConfiguredWriter(PresenceWriter):
    """Follows ``ser_json_…`` where Pydantic's schemas do not."""

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonObject:
        """Allow results the words that infinity and NaN may be sent as.

        As null, which is Pydantic's default, they are not in the schema: clients
        read null as NaN wherever they expect a number.
        """
        written = super().float_schema(schema)
        finite = schema.get("allow_inf_nan", self._setting("allow_inf_nan")) is False
        if self.mode == "validation" or finite:
            return written
        style = self._setting("ser_json_inf_nan")
        if style == "constants":
            self.note_class(
                "ser_json_inf_nan is 'constants', but infinity and NaN are no JSON: "
                "they are sent as null"
            )
        if style == "strings":
            words = ["NaN", "Infinity", "-Infinity"]
            return {"anyOf": [written, {"type": "string", "enum": words}]}
        return written

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonObject:
        """Say of the text of a Decimal that it is one: Pydantic does not.

        One that may be infinite is any text, such as ``"NaN"`` or ``"-Infinity"``.
        """
        written = super().decimal_schema(schema)
        if schema.get("allow_inf_nan", self._setting("allow_inf_nan")) is True:
            return {"type": "string"}
        for text in (written, *written.get("anyOf", ())):
            if text.get("type") == "string":
                text["format"] = "decimal"
        return written

    def date_schema(self, schema: core_schema.DateSchema) -> JsonObject:
        """Write a date."""
        return self._as_sent(super().date_schema(schema))

    def time_schema(self, schema: core_schema.TimeSchema) -> JsonObject:
        """Write a time."""
        return self._as_sent(super().time_schema(schema))

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonObject:
        """Write a date and time."""
        return self._as_sent(super().datetime_schema(schema))

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonObject:
        """Write a duration."""
        return self._as_sent(super().timedelta_schema(schema))

    def bytes_schema(self, schema: core_schema.BytesSchema) -> JsonObject:
        """Say how bytes become text: when they are read, and when they are sent."""
        written = super().bytes_schema(schema)
        read, sent = (
            self._setting(f"{way}_json_bytes") or "utf8" for way in ("val", "ser")
        )
        if self.mode == "validation" and sent not in {read, "utf8"}:
            self.note(
                f"is read as {read} but sent as {sent}: set val_json_bytes as well"
            )
        return _encoded(written, read if self.mode == "validation" else sent)

    def default_config(self) -> dict[str, Any]:
        """Return the configuration that writes a default as its schema says.

        Infinity and its like become no null, so that they are seen.
        """
        config: dict[str, Any] = {
            **self._config.config_dict,
            "ser_json_inf_nan": "constants",
        }
        if self.mode == "validation":
            config.pop("ser_json_temporal", None)
            config["ser_json_bytes"] = config.get("val_json_bytes", "utf8")
        return config

    def _as_sent(self, written: JsonObject) -> JsonObject:
        """Return the number that a time is sent as; Pydantic before 2.14 has the text."""
        style = self._setting("ser_json_temporal")
        if self.mode == "serialization" and style in {"seconds", "milliseconds"}:
            return {"type": "number"}
        return written

    def _setting(self, name: str) -> Any:  # noqa: ANN401
        """Return what the class that is written, or the one around it, is set to."""
        return self._config.config_dict.get(name)


def _encoded(written: JsonObject, encoding: str) -> JsonObject:
    if encoding != "hex":
        return written | {"format": "base64url" if encoding == "base64" else "binary"}
    text = {key: value for key, value in written.items() if key != "format"}
    lengths = {key: 2 * text[key] for key in ("minLength", "maxLength") if key in text}
    return text | lengths | {"pattern": "^([0-9a-fA-F]{2})*$"}
