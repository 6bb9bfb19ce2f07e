"""Charts in the terminal."""

from widgets.terminal.charts.chart import Chart

__all__ = ["Chart"]
