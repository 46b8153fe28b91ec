# Queries are kept in their own shape, and the moments have no time zone on purpose.
# ruff: noqa: DTZ001, ISC004
"""The hard queries of our trade and small tables to ask them of: every engine must answer alike."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

TABLES = {
    "customers": (
        "customer_id INTEGER, name VARCHAR, email VARCHAR, city VARCHAR, signup DATE, score DOUBLE, tags VARCHAR",
        [
            (1, "Ann", "ann@example.com", "Oslo", date(2022, 1, 31), 2.5, '{"a": {"b": "x"}, "n": [1, 2]}'),
            (2, "Bob", "bob@mail.example.com", None, date(2022, 2, 28), 3.5, '{"a": {"b": null}, "n": []}'),
            (3, "Cleo", None, "Rome", date(2023, 12, 31), None, None),
            (4, "Dan", "dan@example.org", "Oslo", date(2024, 2, 29), -0.5, '{"a": {}, "n": [3]}'),
            (5, "Eve", "not a mail", "Bern", date(2024, 11, 24), 10.25, '{"n": [1, 2, 3]}'),
        ],
    ),
    "orders": (
        "order_id INTEGER, customer_id INTEGER, order_at TIMESTAMP, amount DECIMAL(10,2), quantity INTEGER, "
        "is_return BOOLEAN, product VARCHAR, note VARCHAR",
        [
            (1, 1, datetime(2023, 1, 1, 0, 0, 0), Decimal("10.50"), 1, False, "tea", "12"),
            (2, 1, datetime(2023, 1, 1, 23, 59, 59), Decimal("20.00"), 2, False, "cup", "12.7"),
            (3, 1, datetime(2024, 2, 29, 12, 30, 0), Decimal("5.25"), 3, True, "tea", " 7 "),
            (4, 2, datetime(2024, 3, 1, 8, 0, 1), Decimal("99.99"), 0, False, "pot", "1e3"),
            (5, 2, datetime(2024, 11, 24, 0, 0, 0), Decimal("0.01"), 1, False, "tea", "abc"),
            (6, 3, datetime(2024, 11, 25, 0, 0, 0), Decimal("33.33"), 4, False, "cup", ""),
            (7, 3, datetime(2024, 11, 30, 23, 0, 0), Decimal("7.77"), 1, None, None, "2024-02-30"),
            (8, 4, datetime(2024, 10, 7, 6, 5, 4), None, 2, False, "pot", "2024-2-5"),
            (9, None, datetime(2024, 10, 6, 6, 5, 4), Decimal("15.00"), 5, True, "tea", None),
        ],
    ),
    "versions": (
        "customer_id INTEGER, city VARCHAR, valid_from DATE, valid_to DATE, is_current BOOLEAN",
        [
            (1, "Oslo", date(1900, 1, 1), date(2024, 1, 1), False),
            (1, "Rome", date(2024, 1, 1), date(9999, 12, 31), True),
            (2, "Bern", date(1900, 1, 1), date(9999, 12, 31), True),
        ],
    ),
    "events": (
        "session_id VARCHAR, stage VARCHAR, event_at TIMESTAMP",
        [
            ("s1", "page_view", datetime(2024, 1, 1, 10, 0)),
            ("s1", "add_to_cart", datetime(2024, 1, 1, 10, 5)),
            ("s1", "purchase", datetime(2024, 1, 1, 10, 9)),
            ("s2", "page_view", datetime(2024, 1, 2, 10, 0)),
            ("s2", "add_to_cart", datetime(2024, 1, 2, 11, 5)),
            ("s3", "page_view", datetime(2024, 1, 2, 10, 0)),
        ],
    ),
}

HARD = {
    "rfm_ntile": """
        WITH b AS (SELECT customer_id, max(order_at)::DATE AS last_day, count(*) AS n, sum(amount) AS spend
                   FROM shop.orders WHERE customer_id IS NOT NULL GROUP BY customer_id)
        SELECT customer_id, date_diff('day', last_day, as_of()) AS recency,
          ntile(5) OVER (ORDER BY last_day, customer_id) AS r, ntile(3) OVER (ORDER BY spend DESC, customer_id) AS m,
          percent_rank() OVER (ORDER BY n, customer_id) AS p FROM b""",
    "scd2_join": """
        SELECT o.order_id, v.city, coalesce(v.is_current, FALSE) AS is_now
        FROM shop.orders AS o LEFT JOIN shop.versions AS v ON v.customer_id = o.customer_id
          AND o.order_at::DATE >= v.valid_from AND o.order_at::DATE < v.valid_to""",
    "funnel": """
        SELECT count(DISTINCT session_id) AS sessions,
          count(DISTINCT session_id) FILTER (WHERE stage = 'add_to_cart') AS carts,
          count_if(stage = 'purchase') AS purchases, bool_or(stage = 'purchase') AS any_purchase,
          count(*) FILTER (WHERE stage = 'purchase') / count(*) AS share,
          max(date_diff('minute', e.first_at, e.event_at)) AS slowest
        FROM (SELECT *, min(event_at) OVER (PARTITION BY session_id) AS first_at FROM shop.events) AS e""",
    "basket_pairs": """
        SELECT least(a.product, b.product) AS one, greatest(a.product, b.product) AS other, count(*) AS n
        FROM shop.orders AS a JOIN shop.orders AS b ON a.customer_id = b.customer_id AND a.order_id < b.order_id
        WHERE a.product <> b.product GROUP BY ALL""",
    "percentile": """
        SELECT is_return, quantile_cont(amount::DOUBLE, 0.9) AS p90, median(quantity::DOUBLE) AS middle,
          quantile_disc(quantity, 0.5) AS disc, avg(amount) AS mean,
          percentile_cont(0.25) WITHIN GROUP (ORDER BY amount::DOUBLE) AS p25
        FROM shop.orders GROUP BY is_return""",
    "date_diff": """
        SELECT o.order_id, date_diff('day', c.signup, o.order_at) AS days, datediff('week', c.signup, o.order_at) AS weeks,
          date_diff('month', c.signup, o.order_at) AS months, date_diff('quarter', c.signup, o.order_at) AS quarters,
          date_diff('year', c.signup, o.order_at) AS years, date_diff('hour', o.order_at, TIMESTAMP '2024-12-01 00:30:00') AS h,
          date_diff('minute', TIMESTAMP '2024-12-01 00:30:00', o.order_at) AS mi,
          extract(dow FROM o.order_at) AS dow, dayofweek(o.order_at) AS dow2, extract(isodow FROM o.order_at) AS isodow,
          week(o.order_at) AS week, year(o.order_at) AS y, date_part('quarter', o.order_at) AS q,
          dayofyear(o.order_at) AS doy, hour(o.order_at) AS hh, extract(second FROM o.order_at) AS s, epoch(o.order_at) AS e,
          date_trunc('week', o.order_at)::DATE AS monday, last_day(c.signup) AS month_end,
          (c.signup + INTERVAL 1 MONTH)::DATE AS next_month, (c.signup + INTERVAL (o.quantity) DAY)::DATE AS later,
          (c.signup - to_months(o.quantity))::DATE AS earlier, make_date(year(c.signup), 1, o.quantity + 1) AS made,
          strftime(o.order_at, '%Y-%m') AS ym, monthname(c.signup) AS mn, dayname(c.signup) AS dn,
          strptime(strftime(c.signup, '%d.%m.%Y'), '%d.%m.%Y') AS again
        FROM shop.orders AS o JOIN shop.customers AS c ON c.customer_id = o.customer_id""",
    "qualify": """
        SELECT customer_id, order_id FROM shop.orders WHERE customer_id IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY amount DESC, order_id) = 1""",
    "filter": """
        SELECT customer_id, sum(amount) FILTER (WHERE NOT is_return) AS net, count(*) FILTER (WHERE is_return) AS returns,
          sum(quantity) FILTER (WHERE product = 'tea') OVER (PARTITION BY customer_id) AS tea
        FROM shop.orders GROUP BY customer_id, quantity, product""",
    "date_series": """
        SELECT d.day::DATE AS day, count(o.order_id) AS n
        FROM generate_series(DATE '2024-11-20', as_of(), INTERVAL 1 DAY) AS d(day)
        LEFT JOIN shop.orders AS o ON o.order_at::DATE = d.day::DATE GROUP BY d.day
        UNION ALL
        SELECT (DATE '2024-01-01' + INTERVAL (i) DAY)::DATE, i FROM range(3) AS r(i)
        UNION ALL
        SELECT m.month::DATE, 0 FROM range(DATE '2024-01-01', DATE '2024-04-01', INTERVAL 1 MONTH) AS m(month)""",
    "json_text": """
        SELECT customer_id, json_extract_string(tags, '$.a.b') AS b, tags ->> '$.n[0]' AS first,
          json_array_length(json_extract(tags, '$.n')) AS n FROM shop.customers""",
    "md5_keys": """
        SELECT customer_id, md5(customer_id::VARCHAR || '|' || coalesce(email, '')) AS text_key,
          CAST('0x' || left(md5(customer_id::VARCHAR), 15) AS BIGINT) AS number_key, sha256(name) AS digest
        FROM shop.customers""",
    "lead_validity": """
        SELECT customer_id, city, valid_from,
          lead(valid_from, 1, DATE '9999-12-31') OVER (PARTITION BY customer_id ORDER BY valid_from) AS valid_to,
          lag(city) OVER (PARTITION BY customer_id ORDER BY valid_from) AS before,
          first_value(city) OVER (PARTITION BY customer_id ORDER BY valid_from) AS first_city
        FROM shop.versions""",
    "try_cast_regex": r"""
        SELECT o.order_id, try_cast(o.note AS INTEGER) AS i, try_cast(o.note AS DOUBLE) AS d, try_cast(o.note AS DATE) AS day,
          try_cast(o.note AS DECIMAL(10,2)) AS dec, regexp_matches(coalesce(c.email, ''), '^[^@ ]+@[^@ ]+\.[a-z]+$') AS ok,
          regexp_extract(c.email, '@(.+)\.([a-z]+)$', 2) AS tld, regexp_replace(c.email, '[^a-z]', '', 'g') AS letters,
          split_part(c.email, '@', 2) AS domain, contains(c.email, 'example') AS has, ends_with(c.email, '.org') AS org,
          starts_with(c.email, 'ann') AS ann, regexp_extract(c.name, '[a-z]+') AS low, strpos(c.email, '@') AS at,
          regexp_replace(c.name, '^(.)(.)', '\2\1', 'g') AS swapped, regexp_full_match(c.name, '[A-Z][a-z]{2}') AS three
        FROM shop.orders AS o LEFT JOIN shop.customers AS c ON c.customer_id = o.customer_id""",
    "division_nulls": """
        SELECT order_id, amount / quantity AS price, quantity / 2 AS half, quantity // 2 AS whole, quantity % 2 AS odd,
          amount / nullif(quantity, 0) AS safe, round(amount / 3, 2) AS r, round(amount) AS whole_amount,
          floor(amount) AS f, ceil(amount) AS c, log(quantity + 1) AS lg, ln(quantity + 1) AS n, pow(quantity, 2) AS sq,
          row_number() OVER (ORDER BY amount, order_id) AS up, row_number() OVER (ORDER BY amount DESC, order_id) AS down,
          rank() OVER (ORDER BY product DESC, order_id) AS k, CAST(amount / 2 AS INTEGER) AS i, concat(product, '-', note) AS t,
          concat_ws('/', product, note) AS w, product IS DISTINCT FROM 'tea' AS other, greatest(amount, quantity) AS g
        FROM shop.orders WHERE quantity <> 0""",
}

MORE = {
    "arg_max": "SELECT customer_id, arg_max(product, amount) AS best, arg_min(product, order_at) AS first_product, "
    "any_value(customer_id) AS any FROM shop.orders GROUP BY customer_id",
    "lists": "SELECT customer_id, string_agg(product, ',' ORDER BY order_id) AS products, "
    "list(order_id ORDER BY order_id DESC)[1] AS newest, array_length(list(order_id ORDER BY order_id)) AS n "
    "FROM shop.orders GROUP BY customer_id",
    "unnest": "SELECT x.tag, count(*) AS n FROM shop.customers AS c CROSS JOIN unnest(['a', 'b']) AS x(tag) GROUP BY x.tag",
    "distinct_on": "SELECT DISTINCT ON (customer_id) customer_id, order_id FROM shop.orders "
    "ORDER BY customer_id, amount DESC, order_id",
    "sets": "SELECT customer_id FROM shop.customers EXCEPT SELECT customer_id FROM shop.orders WHERE is_return",
    "rolling": "SELECT order_id, sum(quantity) OVER (ORDER BY order_at ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s "
    "FROM shop.orders",
    "rollup": "SELECT product, grouping(product) AS g, sum(quantity)::BIGINT AS q FROM shop.orders GROUP BY ROLLUP (product)",
    "recursive": "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r",
    "values": "SELECT v.a, v.b FROM (VALUES (1, 'x'), (2, 'y')) AS v(a, b) WHERE (v.a, v.b) IN (SELECT 1, 'x')",
    "statistics": "SELECT stddev(quantity) AS s, var_samp(quantity) AS v, corr(quantity, order_id) AS c, "
    "regr_slope(quantity, order_id) AS b FROM shop.orders",
    "local_day": "SELECT order_id, ((order_at AT TIME ZONE 'UTC') AT TIME ZONE 'America/New_York')::DATE AS day, "
    "(order_at AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Rome' AS moment FROM shop.orders",
    "zones": "SELECT order_id, (order_at AT TIME ZONE 'UTC') AT TIME ZONE 'America/New_York' AS local FROM shop.orders",
    "casts": "SELECT CAST(score AS INTEGER) AS whole, CAST(amount AS BIGINT) AS dec, (quantity > 1)::BIGINT AS flag, "
    "CAST(amount AS DOUBLE) AS d FROM shop.orders AS o JOIN shop.customers AS c ON c.customer_id = o.order_id",
    "halves": "SELECT v.a, CAST(v.a / v.b AS DECIMAL(18, 2)) AS cents, CAST(coalesce(v.a / v.b, 0) AS DECIMAL(9, 0)) AS whole, "
    "CAST(CASE WHEN v.b > 0 THEN v.a / v.b END AS DECIMAL(18, 3)) AS mills "
    "FROM (VALUES (556.43, 2), (594.05, 2), (0.25, 2), (-0.25, 2), (632.17, 2), (5.00, 2), (NULL, 2), (7.00, 3)) AS v(a, b)",
}
