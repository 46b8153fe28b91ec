"""Generate the ShopFlow company with planted truth."""
