-- One row per customer with a first sale or session: when and by which channel they came.
WITH sales AS (
  SELECT
    customer_key,
    purchase_date AS day,
    channel,
    ROW_NUMBER() OVER (PARTITION BY customer_key ORDER BY purchase_date, transaction_id) AS place
  FROM gold.customer_purchases
),
visits AS (
  SELECT
    customer_key,
    session_date AS day,
    channel_key,
    ROW_NUMBER() OVER (PARTITION BY customer_key ORDER BY session_date, session_id) AS place
  FROM gold.gold_web_session_fact
  WHERE customer_key <> -1
)
SELECT
  k.customer_id,
  LEAST(s.day, v.day) AS first_seen_date,
  -- The first sale's channel, else the first session's.
  COALESCE(s.channel, h.channel_name) AS acquisition_channel
FROM gold.customer_keys AS k
LEFT JOIN sales AS s ON s.customer_key = k.customer_key AND s.place = 1
LEFT JOIN visits AS v ON v.customer_key = k.customer_key AND v.place = 1
LEFT JOIN gold.gold_channel_dim AS h ON h.channel_key = v.channel_key
WHERE s.customer_key IS NOT NULL OR v.customer_key IS NOT NULL
