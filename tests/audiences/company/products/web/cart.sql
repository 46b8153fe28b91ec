-- One row per cart.
SELECT
    CAST(n AS BIGINT) AS cart_id,
    'C' || LPAD(CAST(((n * n * 5 + n * 11) % 6007) % 300 + 1 AS VARCHAR), 4, '0') AS customer_id,
    TIMESTAMP '2024-06-01 08:30:00' + CAST(((n * n * 17 + n * 3) % 4001) % 170 AS INTEGER) * INTERVAL '1' DAY AS left_at,
    n % 3 <> 0 AS is_abandoned
FROM range(1, 401) AS numbers(n)
