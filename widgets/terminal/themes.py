"""The app's own themes; Textual's stay available, `ansi` among them."""

from textual.theme import Theme


def _scrollbars(background: str) -> dict[str, str]:
    """Scroll bars on the screen's background instead of a darker one."""
    parts = ("background", "background-hover", "background-active", "corner-color")
    return {f"scrollbar-{part}": background for part in parts}


THEMES = (
    Theme(
        name="ticket-dark",
        primary="#56b4e9",
        secondary="#d98cb8",
        accent="#e69f00",
        success="#1fb58f",
        warning="#f0c040",
        error="#d5573b",
        background="#10141a",
        variables=_scrollbars("#10141a"),
        surface="#161b22",
        panel="#1d2430",
        foreground="#d8dee6",
        dark=True,
    ),
    Theme(
        name="ticket-light",
        primary="#0072b2",
        secondary="#a9477f",
        accent="#b06000",
        success="#007a59",
        warning="#8a6d00",
        error="#c43c00",
        background="#fbfbf8",
        variables=_scrollbars("#fbfbf8"),
        surface="#f2f2ee",
        panel="#e6e6e0",
        foreground="#20242a",
        dark=False,
    ),
)
"""Both keep to Okabe and Ito's colours, which colour-blind people can tell apart."""
