"""Read the ``-- key: value`` lines of a model: its kind and what that kind needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, cast

from customer360.errors import C360Error, ModelError, Place, UnknownName
from customer360.names import IDENTIFIER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.project.spec import Model

Kind = Literal["full", "incremental", "scd2", "view", "union", "step"]

_WRITTEN_KINDS = ("full", "incremental", "scd2", "view")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "full": (),
    "view": (),
    "union": (),
    "step": (),
    "incremental": ("time_column", "lookback", "key"),
    "scd2": (
        "key",
        "durable_key",
        "version_key",
        "track",
        "valid_from",
        "valid_to",
        "is_current",
        "initial_valid_from",
        "expire_missing",
    ),
}
_DURATION = re.compile(r"^(\d+)\s*(minute|hour|day|week)s?$")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class KindConfig:
    """What a model says about how it is kept. Fields that its kind does not use keep their defaults."""

    kind: Kind = "full"
    key: tuple[str, ...] = ()
    time_column: str | None = None
    lookback: timedelta | int = timedelta(0)
    """Late-arrival window: a time span, or a number for a numeric time column."""
    durable_key: str | None = None
    version_key: str | None = None
    track: tuple[str, ...] = ()
    """Columns whose change makes a new version; empty: every column but the keys."""
    valid_from: str = "valid_from"
    valid_to: str = "valid_to"
    is_current: str = "is_current"
    initial_valid_from: str = "1900-01-01"
    """Since when a first version holds: a date, or a column of the model."""
    expire_missing: bool = False

    @property
    def version_columns(self) -> tuple[str, ...]:
        """Names of the columns that scd2 adds to the model's own, in order."""
        if self.kind != "scd2":
            return ()
        added = (self.valid_from, self.valid_to, self.is_current)
        return (self.version_key, *added) if self.version_key else added


def read_config(model: Model) -> tuple[KindConfig, list[C360Error]]:
    """Return a model's settings and everything wrong with them."""
    errors: list[C360Error] = []
    kind = _kind(model, errors)
    allowed = ("kind", *_KEYS[kind])
    for key in model.config:
        if key not in allowed:
            errors.append(UnknownName(f"setting of a model of kind {kind}", key, allowed, place=model.place))
    config = model.config
    if kind == "incremental" and not (config.get("time_column") or config.get("key")):
        errors.append(
            ModelError(
                f"The incremental model {model.relation} says neither by which time nor by which key it grows.",
                place=model.place,
                next_step="Add a line such as `-- time_column: order_date` or `-- key: order_id`.",
            )
        )
    if kind == "scd2" and not config.get("key"):
        errors.append(
            ModelError(
                f"The scd2 model {model.relation} does not name its key.",
                place=model.place,
                next_step="Add a line such as `-- key: customer_id`: the column that names one thing over time.",
            )
        )
    return _filled(kind, config, model.place, errors), errors


def _kind(model: Model, errors: list[C360Error]) -> Kind:
    if model.step is not None:
        return "step"
    if model.is_union:
        return "union"
    written = model.config.get("kind", "full")
    if written not in _WRITTEN_KINDS:
        errors.append(UnknownName("kind of model", written, _WRITTEN_KINDS, place=model.place))
        return "full"
    return cast("Kind", written)


def _filled(kind: Kind, config: Mapping[str, str], place: Place, errors: list[C360Error]) -> KindConfig:
    def column(key: str) -> str | None:
        value = config.get(key)
        if value is not None and not IDENTIFIER.match(value):
            errors.append(ModelError(f"'{value}' cannot be a column name, in `{key}`.", place=place))
        return value

    def listed(key: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in config.get(key, "").strip("[]").split(",") if part.strip())

    initial = config.get("initial_valid_from", KindConfig.initial_valid_from)
    if not _DATE.match(initial):
        column("initial_valid_from")
    return KindConfig(
        kind=kind,
        key=listed("key"),
        time_column=column("time_column"),
        lookback=_lookback(config.get("lookback"), place, errors),
        durable_key=column("durable_key"),
        version_key=column("version_key"),
        track=listed("track"),
        valid_from=column("valid_from") or KindConfig.valid_from,
        valid_to=column("valid_to") or KindConfig.valid_to,
        is_current=column("is_current") or KindConfig.is_current,
        initial_valid_from=initial,
        expire_missing=_truth(config.get("expire_missing", "false"), place, errors),
    )


def _lookback(text: str | None, place: Place, errors: list[C360Error]) -> timedelta | int:
    if text is None:
        return timedelta(0)
    if text.isdigit():
        return int(text)
    found = _DURATION.match(text)
    if not found:
        errors.append(
            ModelError(
                f"The lookback '{text}' is no time span.",
                place=place,
                next_step="Write for example `3 days` or `2 hours`.",
            )
        )
        return timedelta(0)
    return timedelta(**{found[2] + "s": int(found[1])})


def _truth(text: str, place: Place, errors: list[C360Error]) -> bool:
    if text not in {"true", "false"}:
        errors.append(ModelError(f"expire_missing is '{text}'; it can be true or false.", place=place))
    return text == "true"
