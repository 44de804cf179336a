"""Who works in an account, as what, and who is asked to."""
