"""Faults on purpose: the whole product under load while its ground gives way, and a checker.

`make chaos` starts a house of its own, breaks it every few seconds by a seed, lets it heal, and has
`chaos.checker`, which shares no code with any of this, say what was lost.
"""
