"""What every face needs: a link to a session, the list of presets, and wording. Imports no other room of the faces."""
