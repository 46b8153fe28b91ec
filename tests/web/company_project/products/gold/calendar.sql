-- One row per day of two years.
SELECT CAST(strftime(d, '%Y%m%d') AS INTEGER) AS date_key, CAST(d AS DATE) AS day
FROM generate_series(DATE '2023-01-01', DATE '2024-12-31', INTERVAL 1 DAY) AS days(d)
