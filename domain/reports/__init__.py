"""Amazon's reports: asked for, kept as received, read into versions."""
