"""Tagged links: the page that a person means, the tag that measures it."""
