"""Run the command line in a process of its own that need not import it: forked from one that has, which runs nothing."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing import context, forkserver, get_context
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORTED = (
    "pytest",
    "duckdb",
    "pyarrow",
    "sqlglot",
    "customer360.cli",
    "customer360.workspace",
    "customer360.models.build",
    "customer360.raw.load",
    "customer360.semantic.answer",
    "customer360.answering",
    "tests.end_to_end.forked",
)


@cache
def _server() -> context.ForkServerContext:
    found = get_context("forkserver")
    found.set_forkserver_preload(list(IMPORTED))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{ROOT}")
        forkserver.ensure_running()
    return found


def run(
    arguments: Sequence[str], *, cwd: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run `c360` with these words and return what it said. Errors: subprocess.TimeoutExpired."""
    with tempfile.TemporaryDirectory(prefix="c360-said-") as folder:
        said = [str(Path(folder) / name) for name in ("out", "err")]
        process = _server().Process(target=_main, args=(list(arguments), str(cwd), dict(environment), *said))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout)
        code = process.exitcode
        process.close()
        out, err = (Path(name).read_text(encoding="utf-8") for name in said)
    return subprocess.CompletedProcess(list(arguments), code, out, err)


def _main(arguments: list[str], cwd: str, environment: dict[str, str], out: str, err: str) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in ((1, out), (2, err)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["c360", *arguments]
    from customer360.cli import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()  # a fork ends without them
