"""Any text in any place is either accepted or refused with a fault: never an exception of another kind."""

from __future__ import annotations

import string
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from verdigris.config import names
from verdigris.config.checks import name_faults
from verdigris.config.lines import Lines
from verdigris.config.load import _validate

NAMES = st.text(st.sampled_from("{}appenvrsio-_. A/é"), max_size=30) | st.just("{app}-{env}-{version}")
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NAMES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "regions", "x"]), inner),
    max_leaves=5,
)
SECTIONS = ["app", "table", "deploy_table", "index", "application", "switch", "environments", "tabel"]


@given(st.dictionaries(st.sampled_from(SECTIONS), VALUES))
def test_any_document_is_read_or_refused_in_words(raw: dict[str, Any]) -> None:
    document, faults = _validate(raw)
    said = [fault.text("verdigris.toml", None) for fault in faults + name_faults(raw, {fault.key for fault in faults})]
    assert (document is None) == bool(faults)
    assert all("\n" not in line for line in said)


@given(NAMES)
def test_a_template_without_fault_expands_and_what_dynamodb_takes_is_taken(text: str) -> None:
    if names.template_fault(text, version=True) is None:
        name = names.expand(text, app="court", env="dev", version="alpha", region="us-east-1")
        allowed = set(string.ascii_letters + string.digits + "_.-")
        assert (names.table_name_fault(name) is None) == (3 <= len(name) <= 255 and set(name) <= allowed)


KEYS = st.text(string.ascii_lowercase, min_size=1, max_size=3)


@given(st.lists(st.tuples(KEYS, st.lists(KEYS, unique=True, max_size=3)), max_size=4))
def test_lines_finds_every_key_that_tomllib_reads(blocks: list[tuple[str, list[str]]]) -> None:
    lines = [line for header, keys in blocks for line in (f"[[{header}]]", *(f"{key} = 1" for key in keys))]
    found = Lines("\n".join(lines))
    for header, tables in tomllib.loads("\n".join(lines)).items():
        for number, table in enumerate(tables):
            for key in table:
                line = found.of((header, number, key))
                assert line is not None
                assert lines[line - 1] == f"{key} = 1"
