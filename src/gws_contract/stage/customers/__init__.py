"""Who plays the customer, one module a kind: `settings` says who was wished for, `front` makes them."""
