"""Who signs in: addresses and passwords, sessions, and the seats that a person can take."""
