"""Serve style sheet, script and chart library under names that carry a hash of their content, compressed once."""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import os
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from starlette.responses import Response

from customer360.dashboards.images import VEGA_LITE

if TYPE_CHECKING:
    from starlette.requests import Request

CHARTS = "charts.js"
STYLES = "app.css"
SHEETS = (
    "tokens", "frame", "filters", "cards", "tables", "text", "forms", "customers", "identity", "ask", "boards",
    "audiences", "portal", "narrow", "print",
)  # fmt: skip
"""The parts of the one style sheet in their order: what comes later wins."""
_SNIPPET = "globalThis.c360Charts = { embed: vegaEmbed };"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_VARY = {"Vary": "Accept-Encoding"}  # where the answer is compressed already; else the middleware adds it
_FOREVER = "public, max-age=31536000, immutable"
_BROTLI_LEVEL = 9


@dataclass(frozen=True)
class Asset:
    """One file: its content as it is and compressed."""

    media_type: str
    plain: bytes
    gzipped: bytes
    brotli: bytes

    @classmethod
    def of(cls, name: str, content: bytes) -> Asset:
        """Compress a file."""
        squeezed = pa.Codec("brotli", compression_level=_BROTLI_LEVEL).compress(content, asbytes=True)
        return cls(_TYPES[Path(name).suffix], content, gzip.compress(content, 9, mtime=0), squeezed)

    def response(self, request: Request) -> Response:
        """Return the smallest form that the browser takes."""
        accepted = request.headers.get("accept-encoding", "")
        headers = {"Cache-Control": _FOREVER}
        for coding, body in (("br", self.brotli), ("gzip", self.gzipped)):
            if coding in accepted:
                return Response(
                    body, media_type=self.media_type, headers={**headers, **_VARY, "Content-Encoding": coding}
                )
        return Response(self.plain, media_type=self.media_type, headers=headers)


class Assets:
    """The static files of the app by logical name; the chart library is put together in the background."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}
        self._assets: dict[str, Asset | Future[Asset]] = {}
        for file in resources.files("customer360.web").joinpath("static").iterdir():
            if Path(file.name).suffix in _TYPES:
                content = file.read_bytes()
                self._add(file.name, hashlib.sha256(content).hexdigest(), Asset.of(file.name, content))
        styles = style_sheet()
        self._add(STYLES, hashlib.sha256(styles).hexdigest(), Asset.of(STYLES, styles))
        pool = ThreadPoolExecutor(1, thread_name_prefix="chart-library")
        self._add(CHARTS, _library_key(), pool.submit(_library))
        pool.shutdown(wait=False)

    def _add(self, name: str, digest: str, asset: Asset | Future[Asset]) -> None:
        stem, suffix = Path(name).stem, Path(name).suffix
        address = f"{stem}.{digest[:12]}{suffix}"
        self._addresses[name] = address
        self._assets[address] = asset

    def url(self, name: str) -> str:
        """Return the address of a file, for templates."""
        return f"/static/{self._addresses[name]}"

    def at(self, address: str) -> Asset | None:
        """Return the file at an address, or None; waits for the chart library when it is asked for too early."""
        asset = self._assets.get(address)
        return asset.result() if isinstance(asset, Future) else asset


def style_sheet() -> bytes:
    """Return the style sheet put together from its parts."""
    folder = resources.files("customer360.web").joinpath("static", "css")
    return b"\n".join(folder.joinpath(f"{name}.css").read_bytes() for name in SHEETS)


def _library_key() -> str:
    """Return a hash of what the chart library is made from; making it takes a second, knowing its address none."""
    made_from = f"{importlib.metadata.version('vl-convert-python')} {VEGA_LITE} {_SNIPPET}"
    return hashlib.sha256(made_from.encode()).hexdigest()


def _library() -> Asset:
    """Return Vega, Vega-Lite and vega-embed as one script, kept in the user's cache folder between starts."""
    import vl_convert

    kept = cache_folder() / f"charts-{_library_key()[:12]}.js"
    if kept.is_file():
        return Asset.of(CHARTS, kept.read_bytes())
    script = vl_convert.javascript_bundle(_SNIPPET, vl_version=VEGA_LITE).encode()
    _keep(kept, script)
    return Asset.of(CHARTS, script)


def cache_folder() -> Path:
    """Return where this user's caches of customer360 live (XDG base directories)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "customer360"


def _keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a home folder that cannot be written only costs the second next time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as half:
            half.write(content)
        Path(half.name).replace(path)
    except OSError:
        return
