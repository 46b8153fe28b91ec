"""Files arrive whole, with the right NULLs, in bounded memory; broken ones are named in one sentence."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.connectors.base import Extract
from customer360.connectors.files import FilesConnector
from customer360.connectors.registry import open_connector
from customer360.errors import C360Error, Place, ProjectError, SourceMalformed, SourceUnreachable, UnknownName
from customer360.project.spec import Source, SourceTable

PLACE = Place("sources/shop.yaml", 4)


def table_of(location: str, **facts: Any) -> SourceTable:
    return SourceTable(source="shop", name="orders", location=location, place=PLACE, **facts)


def rows_of(root: Path, table: SourceTable, **parts: Any) -> list[dict[str, Any]]:
    connector = open_connector(Source("shop", "files", PLACE, {table.name: table}), root)
    return connector.read(Extract(table, **parts)).read_all().to_pylist()


def written(folder: Path, name: str, content: bytes | str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def test_unknown_kind_of_source_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(
        UnknownName, match=r"No kind of source is named 'file'\. In sources/shop.yaml:4\. Did you mean 'files'\?"
    ):
        open_connector(Source("shop", "file", PLACE, {}), tmp_path)


def test_csv_tells_null_from_empty_text(tmp_path: Path) -> None:
    name = written(tmp_path, "a.csv", 'a,b\n1,\n2,""\n3,"x, ""y"""\n4,"two\nlines"\n')
    assert rows_of(tmp_path, table_of(name)) == [
        {"a": "1", "b": None},
        {"a": "2", "b": ""},
        {"a": "3", "b": 'x, "y"'},
        {"a": "4", "b": "two\nlines"},
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_line_ends_and_byte_order_mark(tmp_path: Path, end: str) -> None:
    name = written(tmp_path, "a.csv", "\ufeff" + end.join(["a,b", "1,2", "3,4", ""]))
    assert rows_of(tmp_path, table_of(name)) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_csv_as_declared(tmp_path: Path) -> None:
    name = written(tmp_path, "a.txt", "1;caf\u00e9;'x'\n2;NA;'NA'\n".encode("latin-1"))
    options = {"delimiter": ";", "quote": "'", "encoding": "latin-1", "columns": ["a", "b", "c"], "nulls": ["NA"]}
    assert rows_of(tmp_path, table_of(name, options=options)) == [
        {"a": "1", "b": "caf\u00e9", "c": "x"},
        {"a": "2", "b": None, "c": "NA"},
    ]


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz"])
def test_tsv_is_separated_by_tabs(tmp_path: Path, name: str) -> None:
    text = b"a\tb\n1,5\t2\n"
    written(tmp_path, name, gzip.compress(text) if name.endswith(".gz") else text)
    assert rows_of(tmp_path, table_of(name)) == [{"a": "1,5", "b": "2"}]


@pytest.mark.parametrize(("sign", "shown"), [(";", "';'"), ("\t", r'"\t"'), ("|", "'|'")])
def test_another_delimiter_is_named(tmp_path: Path, sign: str, shown: str) -> None:
    name = written(tmp_path, "a.csv", f"a{sign}b\n1{sign}2\n")
    with pytest.raises(SourceMalformed) as raised:
        rows_of(tmp_path, table_of(name))
    assert "reads as one column" in str(raised.value)
    assert f"{{delimiter: {shown}}}" in str(raised.value)
    delimiter = {"delimiter": ","}
    assert rows_of(tmp_path, table_of(name, options=delimiter)) == [{f"a{sign}b": f"1{sign}2"}]


def test_globs_read_in_name_order_and_join_columns_by_name(tmp_path: Path) -> None:
    written(tmp_path, "data/orders-2.csv", "b,a,c\n4,3,5\n")
    (tmp_path / "data/orders-1.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    (tmp_path / "data/orders-3.csv").mkdir()
    assert rows_of(tmp_path, table_of("data/orders-*.csv*", format="csv")) == [
        {"a": "1", "b": "2", "c": None},
        {"a": "3", "b": "4", "c": "5"},
    ]


def test_only_the_wanted_columns_are_read(tmp_path: Path) -> None:
    name = written(tmp_path, "a.csv", "a,b,c\n1,2,3\n")
    assert rows_of(tmp_path, table_of(name), columns=("c", "a")) == [{"a": "1", "c": "3"}]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_since_keeps_later_unreadable_and_empty_cursors(tmp_path: Path, ending: str) -> None:
    days = ["2024-01-01", "2024-01-02", "2024-01-03", None, "soon"]
    if ending == "csv":
        written(tmp_path, "a.csv", "id,day\n" + "".join(f"{n},{day or ''}\n" for n, day in enumerate(days)))
        expected = ["1", "2", "3", "4"]
    elif ending == "jsonl":
        lines = [f'{{"id": {n}, "day": "{day}"}}' if day else f'{{"id": {n}}}' for n, day in enumerate(days)]
        written(tmp_path, "a.jsonl", "\n".join(lines))
        expected = ["1", "2", "3", "4"]
    else:
        typed = [date.fromisoformat(day) if day and day != "soon" else None for day in days]
        pq.write_table(pa.table({"id": list(range(5)), "day": typed}), tmp_path / "a.parquet")
        expected = [1, 2, 3, 4]
    table = table_of(f"a.{ending}", cursor="day")
    assert [row["id"] for row in rows_of(tmp_path, table, since=date(2024, 1, 2))] == expected


def test_json_lines_keep_keys_in_order_and_nested_values_as_json(tmp_path: Path) -> None:
    name = written(
        tmp_path,
        "a.jsonl.gz",
        gzip.compress(b'{"id": 1, "amount": 19.99, "tags": ["a", "b"]}\n\n{"note": "", "id": null}\n'),
    )
    assert rows_of(tmp_path, table_of(name)) == [
        {"id": "1", "amount": "19.99", "tags": '["a","b"]', "note": None},
        {"id": None, "amount": None, "tags": None, "note": ""},
    ]


def test_json_lines_longer_than_a_block(tmp_path: Path) -> None:
    texts = ["x" * 1_500_000, "y", "z" * 2_500_000]
    name = written(tmp_path, "a.jsonl", "\n".join(f'{{"n": {n}, "text": "{text}"}}' for n, text in enumerate(texts)))
    assert [row["text"] for row in rows_of(tmp_path, table_of(name))] == texts


def test_parquet_keeps_exact_types(tmp_path: Path) -> None:
    data = pa.table(
        {"id": pa.array([1, 2], pa.int32()), "amount": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2))}
    )
    pq.write_table(data, tmp_path / "a.parquet", compression="zstd")
    connector = FilesConnector(Source("shop", "files", PLACE, {}), tmp_path)
    assert connector.schema(table_of("a.parquet")) == data.schema
    assert connector.read(Extract(table_of("a.parquet"))).read_all().equals(data)


def test_files_inside_an_installed_package() -> None:
    table = table_of("package:pytest/py.typed", format="csv", options={"columns": ["a"], "allow_empty": True})
    assert rows_of(Path.cwd(), table) == []


def test_fingerprint_changes_with_name_size_and_time(tmp_path: Path) -> None:
    connector = FilesConnector(Source("shop", "files", PLACE, {}), tmp_path)
    table = table_of("*.csv")
    seen = set()
    for step in (
        lambda: written(tmp_path, "a.csv", "a\n1\n"),
        lambda: written(tmp_path, "a.csv", "a\n12\n"),
        lambda: os.utime(tmp_path / "a.csv", ns=(1, 1)),
        lambda: (tmp_path / "a.csv").rename(tmp_path / "b.csv"),
    ):
        step()
        seen.add(connector.fingerprint(table))
        assert connector.fingerprint(table) in seen
    assert len(seen) == 4


text_values = st.lists(
    st.tuples(
        *[st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8))] * 2
    ),
    min_size=1,
    max_size=20,
)


@given(text_values)
@settings(max_examples=60, deadline=None)
def test_any_text_survives_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, str | None]]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    quoted = [["" if v is None else '"' + v.replace('"', '""') + '"' for v in row] for row in rows]
    written(folder, "a.csv", "a,b\n" + "".join(",".join(row) + "\n" for row in quoted))
    assert rows_of(folder, table_of("a.csv")) == [{"a": a, "b": b} for a, b in rows]


PACKED = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
GOOD_PARQUET = "made by the test"

BROKEN: Mapping[str, tuple[str, bytes | None, dict[str, Any], type[C360Error], str]] = {
    "missing": ("ordres.csv", None, {"location": "orders.csv"}, SourceUnreachable,
        ("The file orders.csv of shop.orders does not exist. In sources/shop.yaml:4. "
        "Put the file there, or correct the location; paths start at the folder of c360.yaml.")),
    "misspelt": ("orders-2024.csv", b"a\n1\n", {"location": "order-2024.csv"}, SourceUnreachable,
        ("The file order-2024.csv of shop.orders does not exist. "
        "In sources/shop.yaml:4. Did you mean 'orders-2024.csv'?")),
    "missing folder": ("a.csv", None, {"location": "data/a.csv"}, SourceUnreachable,
        ("The file data/a.csv of shop.orders does not exist. In sources/shop.yaml:4. "
        "Its folder does not exist either; paths start at the folder of c360.yaml.")),
    "glob without match": ("a.csv", b"a\n1\n", {"location": "b-*.csv"}, SourceUnreachable,
        ("No file matches b-*.csv, the location of shop.orders. In sources/shop.yaml:4. "
        "Put the files there, or correct the location; paths start at the folder of c360.yaml.")),
    "package not installed": ("a.csv", None, {"location": "package:no_such_package/a.csv"}, SourceUnreachable,
        ("The Python package no_such_package, which holds the files of shop.orders, is not installed. "
        "In sources/shop.yaml:4. Install it: pip install no-such-package.")),
    "directory": ("data/a.csv", b"a\n1\n", {"location": "data", "format": "csv"}, SourceUnreachable,
        ("data is a directory; shop.orders needs files. "
        "In sources/shop.yaml:4. Name the files in it, such as data/*.csv.")),
    "empty": ("a.csv", b"", {}, SourceMalformed,
        ("The file a.csv of shop.orders is empty (0 bytes). In sources/shop.yaml:4. "
        "Deliver it again; if that is normal here, set `options: {allow_empty: true}` for the table.")),
    "header only": ("a.csv", b"a,b\n", {}, SourceMalformed,
        ("shop.orders has a header and no rows in a.csv. In sources/shop.yaml:4. "
        "Deliver it again; if no rows is normal here, set `options: {allow_empty: true}` for the table.")),
    "nameless column": ("a.csv", b"a,,c\n1,2,3\n", {}, SourceMalformed,
        ("The header of a.csv, a file of shop.orders, has a column without a name. In sources/shop.yaml:4. "
        "Give every column a name of its own in the first line, or list them: `options: {columns: [...]}`.")),
    "column twice": ("a.csv", b"id,Id\n1,2\n", {}, SourceMalformed,
        ("The header of a.csv, a file of shop.orders, names the column 'Id' twice (case does not tell columns apart). "
        "In sources/shop.yaml:4. "
        "Give every column a name of its own in the first line, or list them: `options: {columns: [...]}`.")),
    "wrong encoding": ("a.csv", b"a,b\n1,2\n3,caf\xe9\n", {}, SourceMalformed,
        ("Line 3 of the file a.csv of shop.orders is not UTF-8 text. In sources/shop.yaml:4. "
        "Save it as UTF-8, or say what it is: `options: {encoding: latin-1}` for the table.")),
    "wrong encoding in the header": ("a.csv", b"a,caf\xe9\n1,2\n", {}, SourceMalformed,
        ("Line 1 of the file a.csv of shop.orders is not UTF-8 text. In sources/shop.yaml:4. "
        "Save it as UTF-8, or say what it is: `options: {encoding: latin-1}` for the table.")),
    "utf-16": ("a.csv", "a,b\n1,2\n".encode("utf-16"), {}, SourceMalformed,
        ("Line 1 of the file a.csv of shop.orders is not UTF-8 text. In sources/shop.yaml:4. "
        "Save it as UTF-8, or say what it is: `options: {encoding: latin-1}` for the table.")),
    "no such encoding": ("a.csv", b"a\n1\n", {"options": {"encoding": "latin1-x"}}, SourceMalformed,
        "No encoding is named 'latin1-x'. In sources/shop.yaml:4. Did you mean 'latin-1'?"),
    "wide line": ("a.csv", b"a,b\n1,2\n3," + b"x" * 9_000_000 + b"\n", {}, SourceMalformed,
        ("The file a.csv of shop.orders has a line of more than 4,194,304 bytes. In sources/shop.yaml:4. "
        "Check line ends and quotes; if lines may be that long, raise `options: {max_line_bytes: ...}`.")),
    "wide header": ("a.csv", b"x" * 5_000_000, {}, SourceMalformed,
        ("The file a.csv of shop.orders has a line of more than 4,194,304 bytes. In sources/shop.yaml:4. "
        "Check line ends and quotes; if lines may be that long, raise `options: {max_line_bytes: ...}`.")),
    "ragged, short": ("a.csv", b"a,b\n1,2\n3\n", {}, SourceMalformed,
        ("Row 3 of the file a.csv of shop.orders has 1 values where 2 are expected. In sources/shop.yaml:4. "
        "Correct that row (the header is row 1), or the delimiter: `options: {delimiter: ';'}`.")),
    "ragged, far": ("a.csv", b"a,b\n" + b"1,2\n" * 1_500_000 + b"secret,3,4\n", {}, SourceMalformed,
        ("Row 1,500,002 of the file a.csv of shop.orders has 3 values where 2 are expected. In sources/shop.yaml:4. "
        "Correct that row (the header is row 1), or the delimiter: `options: {delimiter: ';'}`.")),
    "open quote": ("a.csv", b'a,b\n1,2\n3,"x\n4,5\n', {}, SourceMalformed,
        ("The file a.csv of shop.orders opens a quote and never closes it. In sources/shop.yaml:4. "
        "Double quotes inside values, or set `options: {quote: ''}` if the files quote nothing.")),
    "gz cut off": ("a.csv.gz", PACKED[: len(PACKED) // 2], {}, SourceMalformed,
        ("The file a.csv.gz of shop.orders is not a whole gzip file: it is cut off, damaged or not packed at all. "
        "In sources/shop.yaml:4. Copy it again from its origin, or take the ending off its name if it is not packed.")),
    "gz with a wrong checksum": ("a.csv.gz", PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], {}, SourceMalformed,
        ("The file a.csv.gz of shop.orders is not a whole gzip file: it is cut off, damaged or not packed at all. "
        "In sources/shop.yaml:4. Copy it again from its origin, or take the ending off its name if it is not packed.")),
    "gz not packed": ("a.csv.gz", b"a,b\n1,2\n", {}, SourceMalformed,
        ("The file a.csv.gz of shop.orders is not a whole gzip file: it is cut off, damaged or not packed at all. "
        "In sources/shop.yaml:4. Copy it again from its origin, or take the ending off its name if it is not packed.")),
    "jsonl gz cut off": ("a.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 90_000)[:100], {}, SourceMalformed,
        ("The file a.jsonl.gz of shop.orders is not a whole gzip file: it is cut off, damaged or not packed at all. "
        "In sources/shop.yaml:4. Copy it again from its origin, or take the ending off its name if it is not packed.")),
    "not parquet": ("a.parquet", b"a,b\n1,2\n", {}, SourceMalformed,
        ("The file a.parquet of shop.orders is not a Parquet file. In sources/shop.yaml:4. "
        "Correct `format:` (csv, parquet, jsonl) or deliver the file as Parquet.")),
    "parquet cut off": ("a.parquet", b"PAR1" + b"\0" * 500, {}, SourceMalformed,
        ("The Parquet data of shop.orders in a.parquet is cut off, damaged, or its files do not fit together. "
        "In sources/shop.yaml:4. Write the files again, all with the same columns.")),
    "parquet damaged": ("a.parquet", b"PAR1" + b"\0" * 500 + b"PAR1", {}, SourceMalformed,
        ("The Parquet data of shop.orders in a.parquet is cut off, damaged, or its files do not fit together. "
        "In sources/shop.yaml:4. Write the files again, all with the same columns.")),
    "empty parquet": ("a.parquet", b"", {}, SourceMalformed,
        ("The file a.parquet of shop.orders is empty (0 bytes). In sources/shop.yaml:4. "
        "Deliver it again; if that is normal here, set `options: {allow_empty: true}` for the table.")),
    "invalid json": ("a.jsonl", b'{"a": 1}\n' * 200_000 + b"{'a': 'secret'}\n", {}, SourceMalformed,
        ("Line 200,001 of the file a.jsonl of shop.orders is not a JSON object. In sources/shop.yaml:4. "
        'Correct that line: each holds one whole object, such as {"id": 1}.')),
    "json array": ("a.jsonl", b"[1, 2]\n", {}, SourceMalformed,
        ("Line 1 of the file a.jsonl of shop.orders is not a JSON object. In sources/shop.yaml:4. "
        'Correct that line: each holds one whole object, such as {"id": 1}.')),
    "json not utf-8": ("a.jsonl", b'{"a": 1}\n{"a": "caf\xe9"}\n', {}, SourceMalformed,
        ("Line 2 of the file a.jsonl of shop.orders is not UTF-8 text. In sources/shop.yaml:4. "
        "Save it as UTF-8, or say what it is: `options: {encoding: latin-1}` for the table.")),
    "json wide line": ("a.jsonl", b'{"a": "' + b"x" * 9_000_000, {}, SourceMalformed,
        ("The file a.jsonl of shop.orders has a line of more than 4,194,304 bytes. In sources/shop.yaml:4. "
        "Check line ends and quotes; if lines may be that long, raise `options: {max_line_bytes: ...}`.")),
    "json keys that differ by case": ("a.jsonl", b'{"id": 1}\n{"Id": 2}\n', {}, SourceMalformed,
        ("The lines of shop.orders have the keys 'id' and 'Id'; case does not tell columns apart. "
        "In sources/shop.yaml:4. Rename one of them where the files are made.")),
    "unknown ending": ("a.xls", b"a", {}, ProjectError,
        ("The format of shop.orders cannot be told from its location a.xls. In sources/shop.yaml:4. "
        "Add `format: csv`, `format: parquet` or `format: jsonl`.")),
    "unknown option": ("a.csv", b"a\n1\n", {"options": {"delimeter": ";"}}, UnknownName,
        "No option is named 'delimeter'. In sources/shop.yaml:4. Did you mean 'delimiter'?"),
    "option of the wrong type": ("a.csv", b"a\n1\n", {"options": {"allow_empty": "yes"}}, ProjectError,
        "The option 'allow_empty' cannot be 'yes'. In sources/shop.yaml:4. Write a value such as false."),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN, ids=[name.replace(" ", "_") for name in BROKEN])
def test_broken_input_is_one_clear_sentence(tmp_path: Path, case: str) -> None:
    name, content, facts, kind, sentence = BROKEN[case]
    if content is not None:
        written(tmp_path, name, content)
    table = table_of(**{"location": name, **facts})
    with pytest.raises(kind) as caught:
        rows_of(tmp_path, table)
    assert str(caught.value) == sentence
    assert caught.value.__cause__ is None, "the parser's own message may quote rows"


def run_python(code: str, *, unprivileged: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a test body in a process of its own; unprivileged: as nobody, where the tests run as root."""
    drop = "import os; os.getuid() == 0 and os.setuid(65534)" if unprivileged else ""
    program = f"""
from pathlib import Path
from customer360.connectors.base import Extract
from customer360.connectors.registry import open_connector
from customer360.errors import C360Error, Place
from customer360.project.spec import Source, SourceTable
import customer360.connectors.files, pyarrow.csv, resource
{drop}
{textwrap.dedent(code)}
"""
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ.get("PATH", "")}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment)


def test_no_permission_is_one_clear_sentence(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", "a\n1\n")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "a.csv").chmod(0)
    done = run_python(
        f"""
        table = SourceTable("shop", "orders", "a.csv", Place("sources/shop.yaml", 4))
        try:
            open_connector(Source("shop", "files", table.place, {{}}), Path({str(tmp_path)!r})).read(Extract(table))
        except C360Error as error:
            print(type(error).__name__, error)
        """,
        unprivileged=True,
    )
    assert done.stdout.strip() == (
        "SourceUnreachable This user may not read the file a.csv of shop.orders. In sources/shop.yaml:4. "
        "Give the user that runs c360 the right to read it (and to enter its folder)."
    ), done.stderr


@pytest.mark.parametrize("megabytes", [24, pytest.param(100, marks=pytest.mark.full)])
def test_a_wide_line_fails_fast_in_little_memory(tmp_path: Path, megabytes: int) -> None:
    with (tmp_path / "a.csv").open("wb") as file:
        file.write(b"a,b\n1,2\n3,")
        for _ in range(megabytes):
            file.write(b"x" * 1_000_000)
    done = run_python(
        f"""
        options = {{"max_line_bytes": 1 << 20}}
        table = SourceTable("shop", "orders", "a.csv", Place("sources/shop.yaml", 4), options=options)
        connector = open_connector(Source("shop", "files", table.place, {{}}), Path({str(tmp_path)!r}))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            for batch in connector.read(Extract(table)):
                pass
        except C360Error as error:
            print(type(error).__name__, error.what)
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
        """
    )
    sentence, grown = done.stdout.splitlines()
    assert sentence == "SourceMalformed The file a.csv of shop.orders has a line of more than 1,048,576 bytes."
    assert int(grown) < 30


def test_allowed_empty_files_have_no_rows(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", "")
    written(tmp_path, "b.csv", "a,b\n")
    table = table_of("*.csv", options={"allow_empty": True})
    assert rows_of(tmp_path, table) == []
    assert rows_of(tmp_path, replace(table, location="b.csv")) == []
