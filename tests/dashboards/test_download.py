from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pyarrow as pa

from customer360.dashboards.download import csv_text


def test_figures_are_full_and_texts_harmless() -> None:
    table = pa.table(
        {
            "name": ['say "hi", you', "=1+1", "@cmd", None],
            "day": pa.array([date(2024, 11, 30), None, None, None], pa.date32()),
            "amount": pa.array([Decimal("4596039.58"), Decimal("-1.50"), None, None], pa.decimal128(18, 2)),
            "is_vip": [True, False, None, None],
        }
    )
    rows = list(csv.reader(io.StringIO(csv_text(table))))
    assert rows == [
        ["name", "day", "amount", "is_vip"],
        ['say "hi", you', "2024-11-30", "4596039.58", "True"],
        ["'=1+1", "", "-1.50", "False"],
        ["'@cmd", "", "", ""],
        ["", "", "", ""],
    ]
