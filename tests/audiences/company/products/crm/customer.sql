-- One row per customer. Every consent_every-th wants no e-mail.
SELECT
    'C' || LPAD(CAST(n AS VARCHAR), 4, '0') AS customer_id,
    'secretmail' || CAST(n AS VARCHAR) || '@lighthouse.example' AS email,
    CASE n % 3 WHEN 0 THEN 'US' WHEN 1 THEN 'CA' ELSE 'MX' END AS country,
    CASE n % 4 WHEN 0 THEN 'VIP' WHEN 1 THEN 'Loyal' ELSE NULL END AS segment,
    n % {{ policy('consent_every') }} <> 0 AS consent_email,
    n % 2 = 0 AS consent_surveys,
    n % 3 = 0 AS consent_post,
    CAST(n % 7 = 0 AS INTEGER) AS open_tickets,
    CASE WHEN n % 11 = 0 THEN NULL ELSE CAST((n * 37) % 100 AS DOUBLE) / 10 END AS expected_value
FROM range(1, 301) AS numbers(n)
