"""How figures that the command line writes look: options that `export` and `compare` share."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from widgets.plots.matplotlib_figure import Look

Size = Annotated[
    str, typer.Option(help="A figure's width x height in inches, 4.5x3, or a venue: neurips, icml, ieee, nature, …")
]
Dpi = Annotated[int, typer.Option(min=30, max=2400, help="Dots per inch of a .png.")]
NoTitle = Annotated[bool, typer.Option("--no-title", help="Leave out a figure's title: papers have captions.")]
Style = Annotated[str | None, typer.Option(help="A matplotlib style file, or the name of one of its styles.")]
CloseUp = Annotated[bool, typer.Option("--close-up", help="Begin y at the lowest value, so that close lines part.")]


class Paper(NamedTuple):
    """What was asked for."""

    size: str
    dpi: int
    no_title: bool
    style: str | None
    close_up: bool

    def look(self) -> "Look":
        """As what draws it takes it.

        Raises:
            InvalidValue: if the size is none.
        """
        from widgets.plots.matplotlib_figure import Look
        from widgets.plots.paper_figure import size_of

        return Look(size_of(self.size), self.dpi, not self.no_title, self.style, self.close_up)
