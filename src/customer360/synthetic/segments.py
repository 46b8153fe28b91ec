"""Label customers as the shop does: who is long gone, who may be, and the others by what they spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from customer360.synthetic.draws import Floats, Integers

SEGMENTS = ("High Value", "Medium Value", "Low Value", "At Risk", "Churned")
CHURNED_SHARE, AT_RISK_SHARE, HIGH_SHARE, MEDIUM_SHARE = 0.10, 0.10, 0.15, 0.30


def segments(stopped: Floats, orders: Integers, spent: Integers, last_day: Floats) -> Integers:
    """Return the shop's label of each customer: the longest gone, the next, then by what they spent."""
    count = len(stopped)
    label = np.full(count, SEGMENTS.index("Low Value"))
    gone = np.flatnonzero(np.isfinite(stopped) & (orders > 0))
    gone = gone[np.argsort(last_day[gone], kind="stable")]
    churned, at_risk = int(CHURNED_SHARE * count), int((CHURNED_SHARE + AT_RISK_SHARE) * count)
    label[gone[:churned]] = SEGMENTS.index("Churned")
    label[gone[churned:at_risk]] = SEGMENTS.index("At Risk")
    staying = np.setdiff1d(np.arange(count), gone[:at_risk], assume_unique=True)
    best = staying[np.argsort(-spent[staying], kind="stable")]
    high, medium = int(HIGH_SHARE * count), int((HIGH_SHARE + MEDIUM_SHARE) * count)
    label[best[:high]] = SEGMENTS.index("High Value")
    label[best[high:medium]] = SEGMENTS.index("Medium Value")
    return label
