"""Amazon in a box: a server that speaks Amazon's wire, with a small world of shoppers behind it.

It stands apart: it imports nothing of the rest of the project, and nothing imports it.

- `cast/`       who and what there is: people, sellers, brands, products, profiles
- `shopping/`   what happens: clicks, orders, returns; and shoppers who come by themselves
- `reporting/`  what Amazon makes of it: attribution, visibility, masking, report pages
- `truth/`      what really happened: the books, computed from the events and from nothing else
- `amazon/`     logins, quotas, listing files
- `routes/`     HTTP
- `switches.py` and `faults.py`: how Amazon differs from its documents, and how it fails
"""
