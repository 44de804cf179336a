"""Side-by-side measurements: each against a limit of the same machine, taken in the same run."""
