"""Whatever is broken on purpose: one clear sentence with place and next step, exit 1, and the old data still served."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.end_to_end import project as small
from tests.postgres_server import PostgresServer, postgres  # noqa: F401 - a fixture

from customer360.workspace import open_project

MEGABYTES = 1 << 20
WIDE = 24 * MEGABYTES


def append(path: Path, text: str) -> None:
    """Add text to a file of the project."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def replace(path: Path, old: str, new: str) -> None:
    """Change a file of the project."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def data(root: Path) -> Path:
    return root / "data" / "lines-1.csv"


def strict(root: Path) -> None:
    """Let the source fail on a bad row in place of putting it aside."""
    append(root / "sources" / "shop.yaml", "    on_bad_rows: fail\n")


def wrong_type(root: Path) -> None:
    strict(root)
    append(data(root), "9999,1,a lot,9\n")


def double_key(root: Path) -> None:
    append(data(root), "5,1,1.00,9\n")


def bad_reference(root: Path) -> None:
    contract = root / "products" / "sales" / "lines.odcs.yaml"
    replace(contract, "{name: customer_id,", "{relationships: [{to: total.id}], name: customer_id,")


def out_of_range(root: Path) -> None:
    contract = root / "products" / "sales" / "lines.odcs.yaml"
    replace(contract, "{name: amount,", "{logicalTypeOptions: {maximum: 50}, name: amount,")


def missing_file(root: Path) -> None:
    data(root).unlink()


def empty_file(root: Path) -> None:
    data(root).write_bytes(b"")


def wrong_encoding(root: Path) -> None:
    data(root).write_bytes("line_id,customer_id,amount,version\n1,1,1.00,9\n2,1,1.00,é\n".encode("latin-1"))


def wide_line(root: Path) -> None:
    with data(root).open("a", encoding="utf-8") as file:
        file.write("10000,1," + "9" * WIDE + ",9\n")


def directory(root: Path) -> None:
    data(root).unlink()
    data(root).mkdir()


def no_permission(root: Path) -> None:
    data(root).chmod(0)


def renamed_column(root: Path) -> None:
    replace(data(root), "line_id,customer_id,amount,version", "line_id,customer_id,total,version")


def other_delimiter(root: Path) -> None:
    data(root).write_text(data(root).read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")


@dataclass(frozen=True)
class Broken:
    """A way to break the small project, and words that the one sentence about it must hold."""

    name: str
    damage: Callable[[Path], None]
    says: tuple[str, ...]


CASES = [
    Broken("wrong type", wrong_type, ("amount", "shop.lines")),
    Broken("double key", double_key, ("sales.lines", "key", "5")),
    Broken("bad reference", bad_reference, ("sales.lines", "customer_id", "sales.total")),
    Broken("out of range", out_of_range, ("sales.lines.amount", "50")),
    Broken("missing file", missing_file, ("data/lines-*.csv", "sources/shop.yaml")),
    Broken("empty file", empty_file, ("lines-1.csv", "empty")),
    Broken("wrong encoding", wrong_encoding, ("lines-1.csv", "UTF-8")),
    Broken("wide line", wide_line, ("lines-1.csv", "line")),
    Broken("directory", directory, ("data/lines-*.csv", "No file")),
    Broken("no permission", no_permission, ("lines-1.csv", "may not read")),
    Broken("other delimiter", other_delimiter, ("lines-1.csv", "one column", "delimiter: ';'")),
    Broken("renamed column", renamed_column, ("total", "amount", "shop.lines")),
]


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project."""
    root = tmp_path_factory.mktemp("sound") / "project"
    small.write(root)
    small.write_data(root, 1)
    workspace = open_project(root)
    workspace.run()
    workspace.close()
    return root


@pytest.fixture
def root(sound: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the built project, to be broken."""
    yield shutil.copytree(sound, tmp_path / "project")
    with suppress(FileNotFoundError):
        data(tmp_path / "project").chmod(0o755)


def without_power_over_files() -> tuple[str, ...]:
    """Return the start of a command that runs what follows as somebody who needs permission: root does not."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may read every file, and there is no setpriv to give that up")
    powers = "-dac_override,-dac_read_search"
    return ("setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}", "--")


def assert_one_sentence_and_old_data(root: Path, says: tuple[str, ...], *, start: tuple[str, ...] = ()) -> None:
    done = small.c360("run", cwd=root, start=start)
    assert done.returncode == 1, done.stderr
    assert re.match(r"(Loaded .* rows in quarantine\.\n)?Error: ", done.stderr), (
        done.stderr
    )  # the load may have gone well
    assert "Traceback" not in done.stderr
    for word in says:
        assert word.casefold() in done.stderr.casefold(), done.stderr
    assert len(done.stderr) < 1_500, "a sentence, not a dump"
    served = small.c360("sql", "SELECT max(version) AS v, count(*) AS n FROM sales.lines", "--format", "csv", cwd=root)
    assert served.stdout.splitlines()[1] == f"1,{small.ROWS}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_project_says_what_is_wrong_and_serves_the_old_data(root: Path, case: Broken) -> None:
    start = without_power_over_files() if case.damage is no_permission else ()
    case.damage(root)
    assert_one_sentence_and_old_data(root, case.says, start=start)


def to_postgres(root: Path, url: str) -> None:
    """Let the source be a PostgreSQL table, its address in the project's own environment variable."""
    (root / "sources" / "shop.yaml").write_text(
        "source: shop\nkind: postgres\nconnection: {url: {env: SMALL_URL}}\n"
        "tables:\n  lines: {location: public.lines, contract: c360:source:shop.lines}\n",
        encoding="utf-8",
    )
    os.environ["SMALL_URL"] = url


@pytest.fixture
def address() -> Iterator[None]:
    """Forget the address afterwards."""
    yield
    os.environ.pop("SMALL_URL", None)


@pytest.mark.usefixtures("address")
def test_a_postgres_that_is_down_is_named_and_the_old_data_served(root: Path) -> None:
    to_postgres(root, "postgresql://reader:secret@127.0.0.1:1/shop")
    assert_one_sentence_and_old_data(root, ("shop", "127.0.0.1"))


@pytest.mark.usefixtures("address")
def test_a_wrong_password_is_named_but_not_shown(root: Path, postgres: PostgresServer) -> None:  # noqa: F811 - the fixture
    to_postgres(root, postgres.url_of("reader", "not the password"))
    assert_one_sentence_and_old_data(root, ("password", "reader"))
    assert "not the password" not in small.c360("run", cwd=root).stderr


@pytest.mark.usefixtures("address")
def test_an_address_that_is_not_set_is_named(root: Path) -> None:
    to_postgres(root, "unused")
    del os.environ["SMALL_URL"]
    assert_one_sentence_and_old_data(root, ("SMALL_URL", "export"))
