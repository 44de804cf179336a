"""What must hold after all that was done to the product. Pure, but for reading the database.

Shares no code with whoever broke it, nor with the product: it knows a history and tables.
"""
