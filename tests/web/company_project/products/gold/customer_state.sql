-- One row per customer with what is known as of the as-of date.
WITH bought AS (
    SELECT
        s.customer_key,
        sum(s.net) AS lifetime_value,
        count(DISTINCT s.transaction_id) AS frequency,
        date_diff('day', max(k.day), as_of()) AS recency
    FROM gold.sales AS s
    JOIN gold.calendar AS k ON k.date_key = s.date_key
    GROUP BY s.customer_key
)
SELECT
    c.customer_key,
    c.segment,
    c.satisfaction,
    CAST(coalesce(b.lifetime_value, 0) AS DECIMAL(38, 2)) AS lifetime_value,
    coalesce(b.frequency, 0) AS frequency,
    b.recency,
    CASE
        WHEN b.recency IS NULL THEN 'Prospect' WHEN b.recency < 60 THEN 'Low'
        WHEN b.recency < 180 THEN 'Medium' ELSE 'High'
    END AS churn_band
FROM gold.customer AS c
LEFT JOIN bought AS b ON b.customer_key = c.customer_key
