-- One row per customer number, with the country of the last invoice.
SELECT customer_id, country, registration_date
FROM (
  SELECT
    customer_id,
    country,
    CAST(MIN(invoiced_at) OVER (PARTITION BY customer_id) AS DATE) AS registration_date,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY invoiced_at DESC, invoice_no DESC, line_number) AS place
  FROM online_retail.invoice_line
  WHERE customer_id IS NOT NULL
) AS lines
WHERE place = 1
