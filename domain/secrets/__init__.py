"""Everything that is kept sealed, sealed anew when its key is replaced."""
