"""What our redirect counts, and the way to the ten clicks after which Amazon shows figures."""
