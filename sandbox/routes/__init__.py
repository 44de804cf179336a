"""HTTP: every host of Amazon's on one origin, and the sandbox's own control API."""
