"""What `bench.redirect` compares with, and its loads."""
