-- One row per customer; what differs between customers follows from their number by modular arithmetic.
SELECT
    n AS customer_key,
    'Household ' || CAST(1000 + n AS VARCHAR) AS household,
    CASE n % 3 WHEN 0 THEN 'US' WHEN 1 THEN 'CA' ELSE 'MX' END AS country,
    CASE n * 7919 % 10007 % 11
        WHEN 0 THEN 'Champions' WHEN 1 THEN 'Loyal Customers' WHEN 2 THEN 'Potential Loyalists'
        WHEN 3 THEN 'New Customers' WHEN 4 THEN 'Promising' WHEN 5 THEN 'Need Attention'
        WHEN 6 THEN 'About To Sleep' WHEN 7 THEN 'At Risk' WHEN 8 THEN 'Can''t Lose Them'
        WHEN 9 THEN 'Hibernating' ELSE 'Lost'
    END AS segment,
    CAST(NULL AS DOUBLE) AS satisfaction,
    CAST(2 + 58 * power(n * 6421 % 1009 / 1009.0, 3) AS INTEGER) AS lines
FROM range(1, {{ policy('customers') }} + 1) AS numbers(n)
