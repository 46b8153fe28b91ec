-- One row per thing that happened with a customer: purchase, return, service contact, campaign response, visit.
-- kind: view
SELECT
  l.customer_key,
  c.customer_id,
  l.happened_on,
  l.happened_at,
  l.kind,
  l.what,
  l.channel,
  l.amount,
  l.source_system,
  l.source_id
FROM (
  SELECT
    f.customer_key,
    f.sale_date AS happened_on,
    MIN(f.sold_at) AS happened_at,
    'purchase' AS kind,
    CASE
      WHEN COUNT(DISTINCT CASE WHEN f.product_key <> -1 THEN f.product_key END) = 0 THEN 'product not recorded'
      WHEN COUNT(DISTINCT f.product_key) = 1 THEN MIN(p.product_name)
      ELSE MIN(CASE WHEN f.product_key <> -1 THEN p.product_name END) || ' and '
        || CAST(COUNT(DISTINCT f.product_key) - 1 AS VARCHAR) || ' more'
    END AS what,
    MIN(h.channel_name) AS channel,
    CAST(SUM(f.net_sales_amount) AS DECIMAL(18, 2)) AS amount,
    f.source_system,
    f.transaction_id AS source_id
  FROM gold.gold_sales_fact AS f
  INNER JOIN gold.gold_channel_dim AS h ON h.channel_key = f.channel_key
  INNER JOIN gold.gold_product_dim AS p ON p.product_key = f.product_key
  WHERE NOT f.is_return
  GROUP BY f.customer_key, f.sale_date, f.source_system, f.transaction_id
  UNION ALL
  SELECT
    f.customer_key,
    COALESCE(f.return_date, f.sale_date),
    CAST(NULL AS TIMESTAMP),
    'return',
    p.product_name,
    h.channel_name,
    CAST(f.refund_amount AS DECIMAL(18, 2)),
    f.source_system,
    f.line_item_id
  FROM gold.gold_sales_fact AS f
  INNER JOIN gold.gold_channel_dim AS h ON h.channel_key = f.channel_key
  INNER JOIN gold.gold_product_dim AS p ON p.product_key = f.product_key
  WHERE f.is_return
  UNION ALL
  SELECT
    customer_key,
    interaction_date,
    started_at,
    'service contact',
    COALESCE(interaction_type, 'contact') || COALESCE(', ' || status, ''),
    channel,
    CAST(NULL AS DECIMAL(18, 2)),
    source_system,
    interaction_id
  FROM gold.gold_interaction_fact
  UNION ALL
  SELECT
    f.customer_key,
    f.contact_date,
    CAST(NULL AS TIMESTAMP),
    'campaign',
    f.response_type || COALESCE(': ' || k.campaign_name, ''),
    k.channel,
    CAST(NULL AS DECIMAL(18, 2)),
    f.source_system,
    f.contact_id
  FROM gold.gold_campaign_response_fact AS f
  INNER JOIN gold.gold_campaign_dim AS k ON k.campaign_key = f.campaign_key
  UNION ALL
  SELECT
    w.customer_key,
    w.session_date,
    w.started_at,
    'visit',
    CASE WHEN w.has_purchase THEN 'bought' WHEN w.has_cart THEN 'left a cart' ELSE 'looked around' END,
    h.channel_name,
    CAST(NULL AS DECIMAL(18, 2)),
    w.source_system,
    w.session_id
  FROM gold.gold_web_session_fact AS w
  INNER JOIN gold.gold_channel_dim AS h ON h.channel_key = w.channel_key
) AS l
INNER JOIN gold.customer_keys AS c ON c.customer_key = l.customer_key
