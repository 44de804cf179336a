"""The world's own truth, read from its events. Shares nothing with `sandbox.reporting`."""
