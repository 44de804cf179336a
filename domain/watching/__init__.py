"""How the installation does as a whole: what is late, what is stuck, what waits for a person."""
