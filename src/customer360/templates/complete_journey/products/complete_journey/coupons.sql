-- One row per coupon, campaign and product it is good for. 4,872 rows of the source are repeats.
SELECT DISTINCT coupon_upc, campaign_id, product_id
FROM raw_complete_journey.coupons
