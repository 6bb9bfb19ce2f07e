"""What every face needs: a link to a session, where specs come from, and words. Imports no other part of the faces."""
