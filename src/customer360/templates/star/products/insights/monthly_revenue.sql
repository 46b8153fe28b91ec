-- One row per series and month: net revenue of everything, and of each channel.
WITH months AS (
  SELECT
    h.channel_name,
    CAST(DATE_TRUNC('month', s.sale_date) AS DATE) AS month,
    SUM(s.net_sales_amount) AS amount
  FROM gold.gold_sales_fact AS s
  INNER JOIN gold.gold_channel_dim AS h ON h.channel_key = s.channel_key
  WHERE NOT s.is_return
  GROUP BY h.channel_name, CAST(DATE_TRUNC('month', s.sale_date) AS DATE)
)
SELECT 'all channels' AS series, month, CAST(SUM(amount) AS DECIMAL(18, 2)) AS value
FROM months
GROUP BY month
UNION ALL
SELECT channel_name AS series, month, CAST(amount AS DECIMAL(18, 2)) AS value
FROM months
