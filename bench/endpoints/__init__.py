"""The console's operations as endpoints would have them: SQL for just that, its rows as JSON."""
