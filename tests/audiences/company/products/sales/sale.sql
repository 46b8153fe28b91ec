-- One row per sale.
SELECT
    CAST(n AS BIGINT) AS sale_id,
    'C' || LPAD(CAST(((n * n * 31 + n * 17) % 7919) % 330 + 1 AS VARCHAR), 4, '0') AS customer_id,
    DATE '2024-01-01' + CAST(((n * n * 13 + n * 7) % 5003) % 323 AS INTEGER) AS day,
    CASE WHEN (n * n * 7 + n) % 11 < 4 THEN 'Store' ELSE 'Online' END AS channel,
    CAST(((n * n * 3 + n * 29) % 997) % 90 + 1 AS DECIMAL(10, 2)) AS net
FROM range(1, 1201) AS numbers(n)
