"""Static files have the hash of their content in their name, are kept for ever and travel compressed."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

import customer360.web
from customer360.web.assets import SHEETS, STYLES, Assets, cache_folder, style_sheet

if TYPE_CHECKING:
    from starlette.testclient import TestClient

STATIC = Path(customer360.web.__file__).parent / "static"


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets()


@pytest.mark.parametrize("name", ["app.css", "app.js", "mark.svg"])
def test_the_name_changes_with_the_content(client: TestClient, assets: Assets, name: str) -> None:
    content = style_sheet() if name == STYLES else (STATIC / name).read_bytes()
    url = assets.url(name)
    stem, suffix = name.split(".")
    assert url == f"/static/{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
    answer = client.get(url, headers={"Accept-Encoding": "identity"})
    assert answer.content == content
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_every_part_of_the_style_sheet_is_served_and_short() -> None:
    parts = {path.stem: path.read_text(encoding="utf-8") for path in (STATIC / "css").glob("*.css")}
    assert set(parts) == set(SHEETS)
    assert max(len(text.splitlines()) for text in parts.values()) < 400


def test_a_browser_gets_the_smallest_form_it_takes(client: TestClient, assets: Assets) -> None:
    url = assets.url("charts.js")
    plain = client.get(url, headers={"Accept-Encoding": "identity"})
    with client.stream("GET", url, headers={"Accept-Encoding": "gzip, deflate"}) as zipped:
        body = b"".join(zipped.iter_raw())
        assert zipped.headers["content-encoding"] == "gzip"
        assert gzip.decompress(body) == plain.content
        assert len(body) < 320_000
    with client.stream("GET", url, headers={"Accept-Encoding": "gzip, deflate, br, zstd"}) as squeezed:
        raw = b"".join(squeezed.iter_raw())
        assert squeezed.headers["content-encoding"] == "br"
        assert pa.decompress(raw, len(plain.content), codec="brotli", asbytes=True) == plain.content
        assert len(raw) < len(body)
    assert [a.headers["vary"] for a in (plain, zipped, squeezed)] == ["Accept-Encoding"] * 3


def test_the_chart_library_is_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "customer360"
    first = Assets()
    made = first.at(first.url("charts.js").rpartition("/")[2])
    kept = list((tmp_path / "customer360").iterdir())
    assert [path.suffix for path in kept] == [".js"]
    assert made is not None
    assert kept[0].read_bytes() == made.plain
    again = Assets()
    found = again.at(again.url("charts.js").rpartition("/")[2])
    assert found == made


def test_a_home_that_cannot_be_written_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))
    assets = Assets()
    made = assets.at(assets.url("charts.js").rpartition("/")[2])
    assert made is not None
    assert len(made.plain) > 500_000
