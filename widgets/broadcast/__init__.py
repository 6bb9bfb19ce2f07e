"""`broadcast`: a session, live, in any browser of a classroom. It reads the session's files and has no other way to it.

May import the replay's page, the canvas, plots and views; never what reaches an engine, `sessions.serving` and
`sessions.session`: so that nothing a browser sends can become a command.
"""
