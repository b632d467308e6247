"""`selects` on raw bytes never differs from a plain comparison of the decoded item, however its JSON is spelled."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.items import decode, to_json
from verdigris.core.selection import Selector

# Few values and awkward letters, so that values meet: quotes, slashes, letters that JSON may escape.
words = st.text(st.sampled_from('aFé"/\\ \u2028'), max_size=3) | st.sampled_from(["Fee", "u0046ee", "\\u0046"])
scalars = st.none() | st.booleans() | words | st.integers(-2, 2).map(Decimal) | st.just(Decimal("0.5"))
names = st.sampled_from(["type", "a", 'q"', "é"])
items = st.dictionaries(names, scalars | st.lists(words, max_size=2) | st.dictionaries(names, words, max_size=2))
selections = st.dictionaries(names, scalars | st.lists(scalars, min_size=1, max_size=3), min_size=1, max_size=2)


def same(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) is isinstance(wanted, bool) and type(value) is type(wanted) and value == wanted


def expected(selects: dict[str, Any], item: dict[str, Any]) -> bool:
    return all(
        name in item and any(same(item[name], one) for one in (wanted if isinstance(wanted, list) else [wanted]))
        for name, wanted in selects.items()
    )


@given(selections, items, st.booleans(), st.sampled_from([None, 1]))
def test_the_quick_look_is_never_wrong(selects: Any, item: Any, ascii_only: bool, indent: int | None) -> None:
    raw = json.dumps(to_json(item), ensure_ascii=ascii_only, indent=indent).encode()
    assert decode(raw) == item
    assert Selector(selects)(raw) is expected(selects, item)


@given(words.filter(bool), words)
def test_every_way_to_spell_a_value_is_found(value: str, other: str) -> None:
    spelled = "".join(f"\\u{ord(letter):04X}" for letter in value)
    raw = f'{{"other":{json.dumps({"S": other})},"type":{{"S":"{spelled}"}}}}'.encode()
    assert Selector({"type": value})(raw)
    assert Selector({"type": ["nothing", value]})(raw)
    assert Selector({"type": other})(raw) is (value == other)
