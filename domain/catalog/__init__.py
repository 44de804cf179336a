"""Brands, stores and their products."""
