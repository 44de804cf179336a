"""Affiliates show themselves; brands find them, mark them and invite them."""
