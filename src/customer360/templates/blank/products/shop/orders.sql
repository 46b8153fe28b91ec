-- One row per order that was not cancelled.
-- kind: full
SELECT
    order_id,
    lower(customer_email) AS customer_email,
    order_date,
    amount
FROM raw_shop.orders
WHERE status IS DISTINCT FROM 'cancelled'
