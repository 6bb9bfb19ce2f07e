"""Guided tours of a session: what they say, ask and wait for is data, and their numbers come from the session.

A tour knows views and nothing of screens. It may import `sessions`, and of the faces only what they share.
"""
