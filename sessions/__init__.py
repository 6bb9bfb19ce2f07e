"""The engine: decide, advance, remember. Eleven rooms, arrows one way:

serving > session > engine > analyses > tickets > plans, reports > views > store, messages, specs

Each says in its first lines what it is for; import-linter holds the arrows. No room imports a face.
"""
