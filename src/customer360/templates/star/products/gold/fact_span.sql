-- One row: the days of the first and the last fact of any kind.
SELECT
  MIN(day) AS first_date,
  MAX(day) AS last_date
FROM (
  SELECT MIN(sale_date) AS day FROM conformed.sale_line
  UNION ALL
  SELECT MAX(sale_date) FROM conformed.sale_line
  UNION ALL
  SELECT MIN(event_date) FROM conformed.web_event
  UNION ALL
  SELECT MAX(event_date) FROM conformed.web_event
  UNION ALL
  SELECT MIN(interaction_date) FROM conformed.interaction
  UNION ALL
  SELECT MAX(interaction_date) FROM conformed.interaction
  UNION ALL
  SELECT MIN(contact_date) FROM conformed.campaign_contact
  UNION ALL
  SELECT MAX(contact_date) FROM conformed.campaign_contact
  UNION ALL
  SELECT MIN(shipped_date) FROM conformed.shipment
  UNION ALL
  SELECT MIN(snapshot_date) FROM conformed.inventory_snapshot
) AS days
