-- One row per event of the web shop and its app.
SELECT
  'shop' AS system,
  'shop:' || e.event_id AS event_id,
  'shop:' || e.session_id AS session_id,
  e.customer_id AS record_id,
  e.event_timestamp AS event_at,
  CAST(e.event_timestamp AS DATE) AS event_date,
  CASE e.event_type WHEN 'page_view' THEN 'view' ELSE e.event_type END AS event_type,
  e.event_type AS source_event_type,
  CASE e.event_type
    WHEN 'page_view' THEN CASE WHEN e.product_id IS NULL THEN 'Page Viewed' ELSE 'Product Viewed' END
    WHEN 'add_to_cart' THEN 'Product Added'
    WHEN 'remove_from_cart' THEN 'Product Removed'
    WHEN 'checkout' THEN 'Checkout Started'
    WHEN 'purchase' THEN 'Order Completed'
  END AS segment_event,
  'shop:' || e.product_id AS product_id,
  m.transaction_id,
  CASE
    WHEN e.event_type <> 'checkout' THEN NULL
    WHEN e.page_url LIKE '/checkout/payment%' THEN 'payment'
    ELSE 'shipping'
  END AS checkout_step,
  e.event_type = 'checkout' AND e.page_url LIKE '%status=declined%' AS is_payment_declined,
  e.page_url,
  e.device_type,
  e.browser,
  CASE WHEN e.device_type IN ('Mobile', 'Tablet') THEN 'Mobile App' ELSE 'Online' END AS channel
FROM shop.events AS e
LEFT JOIN shop.purchase_matches AS m ON m.event_id = e.event_id
