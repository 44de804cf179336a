"""What happened, written down in the transaction in which it did, for whoever listens."""
