-- One row per person.
SELECT 'secretpay' || CAST(n AS VARCHAR) AS person FROM range(0, 3) AS numbers(n)
