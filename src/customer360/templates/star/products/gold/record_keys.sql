-- One row per record of a person in a system: the customer it belongs to now.
SELECT
  x.system,
  x.record_id,
  x.customer_id,
  k.customer_key,
  -- The day the record last changed its customer: what stands on it is computed anew.
  m.moved_on
FROM identity.customer_xref AS x
INNER JOIN gold.customer_keys AS k ON k.customer_id = x.customer_id
LEFT JOIN (
  SELECT system, record_id, MAX(valid_to) AS moved_on
  FROM identity.customer_xref
  WHERE valid_to IS NOT NULL
  GROUP BY system, record_id
) AS m ON m.system = x.system AND m.record_id = x.record_id
WHERE x.valid_to IS NULL
