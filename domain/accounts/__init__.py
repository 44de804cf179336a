"""A merchant's workspace: its plan, its entitlement to Amazon, its API keys."""
