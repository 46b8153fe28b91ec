-- One row per version of a customer, under the durable key: which version held when. Facts look theirs up here.
SELECT
  k.customer_key,
  v.customer_version_key,
  h.valid_from,
  h.valid_to
FROM gold.customer_history AS h
INNER JOIN gold.customer_keys AS k ON k.customer_id = h.customer_id
INNER JOIN gold.customer_version_keys AS v ON v.version_id = h.version_id
