-- One row per line of an invoice, with what kind of line it is. Lines are numbered, since the file does not.
SELECT
  InvoiceNo AS invoice_no,
  CAST(ROW_NUMBER() OVER (
    PARTITION BY InvoiceNo ORDER BY StockCode, Quantity, UnitPrice, Description
  ) AS INTEGER) AS line_number,
  StockCode AS stock_code,
  Description AS description,
  Quantity AS quantity,
  InvoiceDate AS invoiced_at,
  CAST(UnitPrice AS DECIMAL(12, 3)) AS unit_price,
  CAST(Quantity * CAST(UnitPrice AS DECIMAL(12, 3)) AS DECIMAL(18, 3)) AS amount,
  CustomerID AS customer_id,
  Country AS country,
  CASE
    WHEN InvoiceNo LIKE 'C%' THEN 'return'
    WHEN InvoiceNo LIKE 'A%' THEN 'adjustment'
    WHEN Quantity <= 0 OR UnitPrice <= 0 THEN 'no sale'
    WHEN CustomerID IS NULL THEN 'no customer'
    ELSE 'sale'
  END AS line_kind
FROM raw_online_retail.invoices
