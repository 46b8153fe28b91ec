-- One row per customer: a table that no port offers.
SELECT email FROM crm.customer
