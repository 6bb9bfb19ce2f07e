"""The engine: decide, advance, remember. Thirteen rooms, arrows one way:

serving, studies > session > engine > analyses, saved > tickets > plans, reports > views > store, messages, specs

Each says in its first lines what it is for; import-linter holds the arrows. No room imports a face.
"""
