-- One row per customer with what is known on 2024-11-18.
SELECT
    c.*,
    coalesce(sum(s.net), 0) AS lifetime_value,
    count(DISTINCT s.transaction_id) AS frequency,
    date_diff('day', max(k.day), DATE '2024-11-18') AS recency,
    CASE
        WHEN count(s.line_id) = 0 THEN 'Prospect'
        WHEN date_diff('day', max(k.day), DATE '2024-11-18') < 60 THEN 'Low'
        WHEN date_diff('day', max(k.day), DATE '2024-11-18') < 180 THEN 'Medium'
        ELSE 'High'
    END AS churn_band
FROM gold.customer AS c
LEFT JOIN gold.sales AS s USING (customer_key)
LEFT JOIN gold.calendar AS k USING (date_key)
GROUP BY ALL
