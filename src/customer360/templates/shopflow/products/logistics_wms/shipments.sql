-- One row per shipment; an order may have several, or none.
-- kind: view
SELECT
  shipment_id,
  order_ref,
  shipped_date,
  delivery_status
FROM raw_wms.wms_shipments
