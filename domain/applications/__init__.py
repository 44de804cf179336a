"""Affiliates ask to join the programme of a listed offer; the brand or its rules answer."""
