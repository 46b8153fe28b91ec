-- One row per record of a system. A household card is one customer: there is nothing else to match it with.
SELECT
  system AS source,
  record_id AS source_id,
  system,
  record_id,
  CASE
    WHEN system = 'complete_journey'
      THEN 'HH' || LPAD(record_id, CAST(GREATEST(4, LENGTH(record_id)) AS INTEGER), '0')
    ELSE system || ':' || record_id
  END AS customer_id,
  CASE WHEN system = 'complete_journey' THEN 'household card' ELSE 'own record' END AS match_rule,
  CAST(1 AS DOUBLE) AS confidence,
  DATE '1900-01-01' AS valid_from,
  CAST(NULL AS DATE) AS valid_to
FROM conformed.person_record
