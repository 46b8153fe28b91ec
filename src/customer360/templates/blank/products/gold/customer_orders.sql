-- One row per customer with at least one order.
-- Days are counted to as_of(): nothing reads the clock, so the same data give the same table.
SELECT
    customer_email,
    count(*) AS orders,
    CAST(sum(amount) AS DECIMAL(12, 2)) AS revenue,
    max(order_date) AS last_order_date,
    CAST(date_diff('day', max(order_date), as_of()) AS INTEGER) AS days_since_order,
    CASE
        WHEN sum(amount) > {{ policy('value_tier.high') }} THEN 'High'
        WHEN sum(amount) > {{ policy('value_tier.medium') }} THEN 'Medium'
        ELSE 'Low'
    END AS value_tier
FROM {{ source('shop_orders', 'orders') }}
GROUP BY customer_email
