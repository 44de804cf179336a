"""GraphQL: the only place that knows Strawberry. `root.py` is the table of contents."""
