"""A mutation asked twice under one key is done once and answered twice."""
