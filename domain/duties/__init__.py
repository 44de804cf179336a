"""Promises as rows: what must happen, written with the change that causes it."""
