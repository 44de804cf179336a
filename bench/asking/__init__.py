"""The ways to answer the page of conversions, and the load that compares them."""
