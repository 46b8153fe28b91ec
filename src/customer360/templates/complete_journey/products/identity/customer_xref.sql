-- One row per record of a system. A household card is one customer: there is nothing else to match it with.
SELECT
  system,
  record_id,
  CASE
    WHEN system = 'complete_journey'
      THEN 'HH' || LPAD(record_id, CAST(GREATEST(4, LENGTH(record_id)) AS INTEGER), '0')
    ELSE system || ':' || record_id
  END AS customer_id,
  CASE WHEN system = 'complete_journey' THEN 'household card' ELSE 'own record' END AS match_rule,
  CAST(1 AS DOUBLE) AS confidence
FROM conformed.person_record
