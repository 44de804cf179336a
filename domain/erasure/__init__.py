"""Somebody is forgotten, and every sum stays as it is."""
