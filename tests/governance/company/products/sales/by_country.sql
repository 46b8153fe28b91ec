-- One row per country.
SELECT country, 'code' || country || 'x' AS code, SUM(net) AS net
FROM sales.sale
JOIN crm.customer USING (customer_id)
GROUP BY country
