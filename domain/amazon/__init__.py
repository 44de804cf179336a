"""A seller's connection to Amazon: seller accounts, consents and their tokens, profiles."""
