-- One row per customer. Names and addresses carry words that no answer may show.
SELECT
    CAST(n AS BIGINT) AS customer_id,
    'Secretname' || CAST(n AS VARCHAR) AS full_name,
    'secretmail' || CAST(n AS VARCHAR) || '@harbour.example' AS email,
    '+1555000' || CAST(1000 + n AS VARCHAR) AS phone,
    DATE '1950-03-17' + CAST(n * 37 AS INTEGER) AS birth_date,
    CAST(77000000 + n AS BIGINT) AS member_no,
    CAST(20011 + n * 101 AS INTEGER) AS income,
    CAST(n AS INTEGER) AS points,
    CASE n % 3 WHEN 0 THEN 'US' WHEN 1 THEN 'CA' ELSE 'MX' END AS country
FROM range(1, 91) AS numbers(n)
