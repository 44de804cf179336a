"""Where brands and affiliates find each other: listings, applications, agreements."""
