"""People of the network who promote, and their partnerships with stores."""
