-- One row per order line; day, category, channel and amount follow from customer and line by modular arithmetic.
WITH mixed AS (
    SELECT
        c.customer_key,
        k,
        (c.customer_key * 7919 + k * 104729) % 10007 * 6421 % 10007 AS a,
        (c.customer_key * 6421 + k * 7919 + 17) % 10009 * 104729 % 10009 AS b
    FROM gold.customer AS c
    CROSS JOIN range(0, 60) AS numbers(k)
    WHERE k < c.lines
)
SELECT
    customer_key * 100 + k AS line_id,
    customer_key * 100 + k AS transaction_id,
    customer_key,
    CAST(strftime(DATE '2023-01-01' + CAST(a % 688 AS INTEGER), '%Y%m%d') AS INTEGER) AS date_key,
    CASE
        WHEN b % 100 < 36 THEN 'Grocery' WHEN b % 100 < 51 THEN 'Drug & beauty' WHEN b % 100 < 63 THEN 'Produce'
        WHEN b % 100 < 73 THEN 'Meat' WHEN b % 100 < 81 THEN 'Bakery & deli' WHEN b % 100 < 88 THEN 'Household'
        WHEN b % 100 < 95 THEN 'Pet' ELSE 'Garden'
    END AS category,
    CASE a % 3 WHEN 0 THEN 'Store' WHEN 1 THEN 'Online' ELSE 'Mobile app' END AS channel,
    CAST(4 + (a + b) % 9000 / 100.0 AS DECIMAL(10, 2)) AS net
FROM mixed
