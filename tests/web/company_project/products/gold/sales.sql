-- One row per order line; amounts and days follow from a hash of the customer and the line.
SELECT
    row_number() OVER (ORDER BY c.customer_key, k) AS line_id,
    c.customer_key * 1000 + k AS transaction_id,
    c.customer_key,
    CAST(strftime(DATE '2023-01-01' + CAST((hash(c.customer_key, k) % 10000 / 10000.0) * 687 AS INTEGER), '%Y%m%d') AS INTEGER)
        AS date_key,
    ['Grocery', 'Drug & beauty', 'Produce', 'Meat', 'Bakery & deli', 'Household', 'Pet', 'Garden'][
        1 + CAST(floor(8 * pow(hash(k, c.customer_key, 'c') % 1000 / 1000, 2)) AS INTEGER)
    ] AS category,
    ['Store', 'Online', 'Mobile app'][1 + CAST(hash(c.customer_key, k, 'ch') % 3 AS INTEGER)] AS channel,
    CAST(4 + hash(k, c.customer_key, 'v') % 9000 / 100 AS DECIMAL(10, 2)) AS net
FROM gold.customer AS c, range(0, 60) AS lines(k)
WHERE k < 2 + 58 * pow(hash(c.customer_key, 'n') % 1000 / 1000, 3)
