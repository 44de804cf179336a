"""`python -m schema` prints the schema in GraphQL's own language."""

import sys

from schema.root import schema

sys.stdout.write(f"{schema.as_str()}\n")
