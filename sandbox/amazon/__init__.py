"""What Amazon keeps behind its endpoints: publishers, grants, quotas, listing reports."""
