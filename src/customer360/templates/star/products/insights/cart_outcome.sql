-- One row per cart: when, where and how it ended.
-- kind: view
SELECT
  cart_id,
  CAST(DATE_TRUNC('month', created_at) AS DATE) AS month,
  channel,
  last_stage,
  is_abandoned,
  cart_value,
  recovery_email_sent_at IS NOT NULL AS recovery_email_sent,
  recovered_transaction_id IS NOT NULL AS recovery_converted
FROM conformed.cart
WHERE created_at < as_of() + INTERVAL '1' DAY
