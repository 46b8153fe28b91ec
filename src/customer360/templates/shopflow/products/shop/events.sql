-- One row per event of a web or app session: page view, cart event, checkout, purchase.
-- kind: view
SELECT
  event_id,
  customer_id,
  session_id,
  event_type,
  event_timestamp,
  product_id,
  page_url,
  device_type,
  browser
FROM raw_shop.events
