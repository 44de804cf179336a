"""Endpoints of brands and affiliates, and the events on their way to them."""
