"""What an affiliate earns, in dated versions."""
