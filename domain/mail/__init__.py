"""Letters: what they say, and the promise that a worker sends them."""
