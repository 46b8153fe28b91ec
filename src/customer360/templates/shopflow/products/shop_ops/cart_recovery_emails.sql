-- One row per e-mail about an abandoned cart.
-- kind: view
SELECT
  session_id,
  customer_id,
  sent_at,
  opened_at,
  clicked_at,
  recovered_order_id
FROM raw_shop_ops.cart_recovery_emails
