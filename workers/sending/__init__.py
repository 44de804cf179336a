"""Sending to addresses that strangers have entered.

addresses   a name is looked up once for each attempt, and only what was checked is dialled
exchange    one request and its answer on a connection, as little of it as we need
sender      the two together, within a time limit
"""
