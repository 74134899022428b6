"""The checks, in the order of the page."""
