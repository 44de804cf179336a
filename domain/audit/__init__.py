"""Who did what, written in the transaction that did it."""
