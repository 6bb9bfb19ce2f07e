"""What is said: commands in, events out. Small frozen tagged structs, msgpack on the wire and on disk.

Their tags and fields are the format of a journal: never renamed, retyped or reused. Imports no other room.
"""
