-- One row per shipment of a telephone order.
SELECT
  'wms' AS system,
  'wms:' || shipment_id AS shipment_id,
  'erp:' || order_ref AS transaction_id,
  shipped_date AS shipped_at,
  CAST(shipped_date AS DATE) AS shipped_date,
  delivery_status
FROM logistics_wms.shipments
