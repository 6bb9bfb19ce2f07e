"""`python -m ticket_explorer`: the command line, where its script is not on the path."""

from widgets.cli import main

if __name__ == "__main__":
    main()
