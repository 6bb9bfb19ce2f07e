"""What a person may decide, before a face asks: fields and their ranges, what choices come to, what is wrong with them.

The terminal's dialogs and the notebook's forms ask the same questions; no screen is known here.
"""
