-- One row per customer.
SELECT
    n AS customer_key,
    'Household ' || (1000 + n) AS household,
    ['US', 'CA', 'MX'][1 + n % 3] AS country,
    [
        'Champions', 'Loyal Customers', 'Potential Loyalists', 'New Customers', 'Promising', 'Need Attention',
        'About To Sleep', 'At Risk', 'Can''t Lose Them', 'Hibernating', 'Lost'
    ][1 + CAST(floor(11 * pow(hash(n) % 1000 / 1000, 0.9)) AS INTEGER)] AS segment,
    CAST(NULL AS DOUBLE) AS satisfaction
FROM range(1, {{ policy('customers') }} + 1) AS numbers(n)
