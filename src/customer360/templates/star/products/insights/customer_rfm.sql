-- One row per buyer: recency, frequency and monetary value, each scored 1 to 5 by quintile, 5 best.
-- Tie rule: score = 1 + floor(bins * number of buyers that are strictly worse / number of buyers); ties share a score.
WITH raw AS (
  SELECT
    customer_key,
    DATE_DIFF('day', MAX(purchase_date), as_of()) AS recency_days,
    COUNT(*) AS frequency,
    CAST(SUM(amount) AS DECIMAL(18, 2)) AS monetary
  FROM gold.customer_purchases
  GROUP BY customer_key
),
scored AS (
  SELECT
    customer_key,
    recency_days,
    frequency,
    monetary,
    1 + CAST(FLOOR(
      1.0 * {{ policy('rfm.bins') }} * (RANK() OVER (ORDER BY recency_days DESC) - 1) / COUNT(*) OVER ()
    ) AS INTEGER) AS recency_score,
    1 + CAST(FLOOR(
      1.0 * {{ policy('rfm.bins') }} * (RANK() OVER (ORDER BY frequency) - 1) / COUNT(*) OVER ()
    ) AS INTEGER) AS frequency_score,
    1 + CAST(FLOOR(
      1.0 * {{ policy('rfm.bins') }} * (RANK() OVER (ORDER BY monetary) - 1) / COUNT(*) OVER ()
    ) AS INTEGER) AS monetary_score
  FROM raw
),
cells AS (
  SELECT
    customer_key,
    recency_days,
    frequency,
    monetary,
    recency_score,
    frequency_score,
    monetary_score,
    -- The mean of frequency and monetary score, halves rounded up.
    CAST(FLOOR((frequency_score + monetary_score + 1) / 2.0) AS INTEGER) AS fm_score
  FROM scored
)
SELECT
  customer_key,
  recency_days,
  frequency,
  monetary,
  recency_score,
  frequency_score,
  monetary_score,
  CASE
    WHEN recency_score = 5 AND fm_score >= 4 THEN 'Champions'
    WHEN recency_score = 5 AND fm_score >= 2 THEN 'Potential Loyalists'
    WHEN recency_score = 5 THEN 'New Customers'
    WHEN recency_score = 4 AND fm_score = 5 THEN 'Champions'
    WHEN recency_score = 4 AND fm_score = 4 THEN 'Loyal Customers'
    WHEN recency_score = 4 AND fm_score = 3 THEN 'Potential Loyalists'
    WHEN recency_score = 4 THEN 'Promising'
    WHEN recency_score = 3 AND fm_score >= 4 THEN 'Loyal Customers'
    WHEN recency_score = 3 AND fm_score = 3 THEN 'Need Attention'
    WHEN recency_score = 3 THEN 'About To Sleep'
    WHEN recency_score = 2 AND fm_score >= 3 THEN 'At Risk'
    WHEN recency_score = 2 THEN 'Hibernating'
    WHEN fm_score >= 4 THEN 'Can''t Lose Them'
    WHEN fm_score = 3 THEN 'At Risk'
    ELSE 'Lost'
  END AS rfm_segment
FROM cells
