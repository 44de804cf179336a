"""PostgreSQL plumbing: one door to a connection, migrations, constraint names. Knows no table."""
