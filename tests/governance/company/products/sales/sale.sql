-- One row per sale.
SELECT
    CAST(n AS BIGINT) AS sale_id,
    customer_id,
    DATE '2024-01-01' + CAST(n % 300 AS INTEGER) AS day,
    CAST(n % 50 + 1 AS DECIMAL(10, 2)) AS net
FROM range(1, 901) AS numbers(n)
JOIN crm.customer ON customer_id = n % 90 + 1
