"""The generated files say what the model says: `python -m verdigris.config.schema` rewrites them."""

from __future__ import annotations

from verdigris.config import schema


def test_the_schema_is_current() -> None:
    assert schema.SCHEMA_FILE.read_text("utf-8") == schema.schema_text()


def test_the_reference_is_current() -> None:
    assert schema.REFERENCE_FILE.read_text("utf-8") == schema.reference_text()


def test_every_key_has_a_meaning() -> None:
    for name, section in schema.json_schema()["$defs"].items():
        for key, part in section["properties"].items():
            assert "$ref" in part or part.get("description"), f"{name}.{key}"
        assert section["description"], name
