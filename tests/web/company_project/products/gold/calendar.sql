-- One row per day of two years.
SELECT CAST(strftime(DATE '2023-01-01' + CAST(n AS INTEGER), '%Y%m%d') AS INTEGER) AS date_key, DATE '2023-01-01' + CAST(n AS INTEGER) AS day
FROM range(0, 731) AS numbers(n)
