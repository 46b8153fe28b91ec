-- One row per store or warehouse, and the Unknown member -1.
SELECT
  k.location_key,
  l.location_id,
  l.location_type || ' ' || REPLACE(l.location_id, l.source_system || ':', '') AS location_name,
  l.location_type,
  l.source_system
FROM gold.locations AS l
INNER JOIN gold.location_keys AS k ON k.location_id = l.location_id
UNION ALL
SELECT
  CAST(-1 AS INTEGER) AS location_key,
  'unknown' AS location_id,
  'Unknown' AS location_name,
  'Unknown' AS location_type,
  CAST(NULL AS VARCHAR) AS source_system
