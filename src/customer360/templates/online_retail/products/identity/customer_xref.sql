-- One row per record of a system. A customer number is one customer: there is nothing else to match it with.
SELECT
  system AS source,
  record_id AS source_id,
  system,
  record_id,
  CASE WHEN system = 'online_retail' THEN 'C' || record_id ELSE system || ':' || record_id END AS customer_id,
  CASE WHEN system = 'online_retail' THEN 'customer number' ELSE 'own record' END AS match_rule,
  CAST(1 AS DOUBLE) AS confidence,
  DATE '1900-01-01' AS valid_from,
  CAST(NULL AS DATE) AS valid_to
FROM conformed.person_record
