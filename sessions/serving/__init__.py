"""A session for others: an engine process behind a socket, its clients, replays, and questions to a closed session.

Imports everything below.
"""
