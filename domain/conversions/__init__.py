"""A conversion: one affiliate's sales at one store on one day, until and after it is decided."""
