-- One row per day.
SELECT DATE '2024-01-01' + CAST(n AS INTEGER) AS day FROM range(0, 366) AS numbers(n)
