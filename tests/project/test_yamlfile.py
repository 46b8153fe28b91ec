from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from customer360.project.yamlfile import Block, YamlError, line_of, parse_yaml, scalar

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=5))
def test_what_another_yaml_1_2_library_writes_reads_back(document: dict[str, Any]) -> None:
    stream = StringIO()
    writer = YAML()
    writer.width = 100_000
    writer.dump(document, stream)
    assert parse_yaml(stream.getvalue()) == document


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_every_key_knows_its_line(gaps: list[int]) -> None:
    lines, expected = [], {}
    for number, gap in enumerate(gaps):
        lines += ["# a comment"] * gap
        lines.append(f"key_{number}: {{inner: 1}}")
        expected[f"key_{number}"] = len(lines)
    block = parse_yaml("\n".join(lines))
    assert isinstance(block, Block)
    assert {key: line_of(block, (key,)) for key in block} == expected
    assert all(line_of(block, (key, "inner")) == line for key, line in expected.items())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("2025-01-31", "2025-01-31"),
        ("2025-01-31T10:00:00Z", "2025-01-31T10:00:00Z"),
        ("1.0", 1.0),
        ("1.0.0", "1.0.0"),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("-3", -3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("--", "--"),
        ("n/a", "n/a"),
    ],
)
def test_unquoted_values_follow_yaml_1_2(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)
    assert parse_yaml(f"key: {text}")["key"] == value


def test_quoted_values_are_text() -> None:
    assert parse_yaml("a: \"true\"\nb: '1.0'\nc: !!str 5\nd: |\n  2024\n") == {
        "a": "true",
        "b": "1.0",
        "c": "5",
        "d": "2024\n",
    }


def test_an_alias_is_its_anchor() -> None:
    assert parse_yaml("a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}


def test_numbers_and_words_as_keys_are_text() -> None:
    assert parse_yaml("5: Champions\ntrue: yes\n") == {"5": "Champions", "true": "yes"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "stands here twice; the first is in line 1"),
        ("a:\n  b: 1\n  b: 2\n", 3, "twice"),
        ("a: &x\n  b: *x\n", 1, "nested without end"),
        ("a: [1, 2\nb: 3\n", 2, "no valid YAML"),
        ("a:\n\t- b\n", 2, "tab"),
        ("a: 'open\nb: 2\n", 1, "never closed"),
        ("? [a, b]\n: c\n", 1, "A key must be a word"),
        ("a: !!binary aGk=\n", 1, "!!binary"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: b: c\n", 1, "colon"),
        ("a: *nobody\n", 1, "no valid YAML"),
        ("a: " + "[" * 80 + "]" * 80, 1, "nested without end"),
    ],
)
def test_broken_yaml_says_where_and_why(text: str, line: int, words: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse_yaml(text)
    assert words in caught.value.what
    assert caught.value.line == line


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    found = refused(text)
    if found is not None:
        assert found.what.endswith(".")
        assert found.line is None or 1 <= found.line <= text.count("\n") + text.count("\r") + 2


def refused(text: str) -> YamlError | None:
    try:
        parse_yaml(text)
    except YamlError as error:
        return error
    return None
