-- One row per place where something was sold or stocked.
SELECT
  location_id,
  MIN(system) AS source_system,
  MIN(location_type) AS location_type
FROM (
  SELECT DISTINCT location_id, system, location_type
  FROM conformed.sale_line
  WHERE location_id IS NOT NULL
  UNION
  SELECT DISTINCT location_id, system, 'Warehouse' AS location_type
  FROM conformed.inventory_snapshot
  WHERE location_id IS NOT NULL
) AS places
GROUP BY location_id
