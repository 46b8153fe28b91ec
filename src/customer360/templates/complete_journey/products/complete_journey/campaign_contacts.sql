-- One row per campaign and household it was mailed to.
SELECT campaign_id, household_id
FROM raw_complete_journey.campaigns
