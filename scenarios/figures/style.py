"""One look for every figure: colours that colour-blind readers can tell apart, fonts with Chinese, few lines."""

import html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from scenarios.display import Display

CONFIG: dict[str, Any] = {
    "showSendToCloud": False,
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "pan2d", "zoom2d"],
}

# Okabe and Ito (2008), without yellow, which vanishes on white, and with grey for what is left over.
ORANGE, SKY, GREEN, BLUE, RED, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
BLACK, GREY, LIGHT = "#222222", "#8A8A8A", "#E4E4E4"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, "#B8A100")

LATIN = '"Segoe UI", Roboto, "Helvetica Neue", Arial'
CHINESE = (
    '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei"'
)
FONTS = f"system-ui, -apple-system, {LATIN}, {CHINESE}, sans-serif"


def label(text: str) -> str:
    """Return text that a figure shows as it is: Plotly would read marks of HTML in it."""
    return html.escape(text, quote=False)


def faint(colour: str, strength: float = 0.16) -> str:
    """Return a colour such as #0072B2 that lets what is behind it shine through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength:g})"


def empty_figure(display: "Display", vertical: str, horizontal: str | None = None, height: int = 300) -> "go.Figure":
    """Return a figure without traces: axes with titles, legend above, nothing that is not needed."""
    import plotly.graph_objects as go

    axis: dict[str, Any] = {"showgrid": False, "zeroline": False, "linecolor": GREY, "ticks": "outside", "ticklen": 4}
    layout: dict[str, Any] = {
        "template": "none",
        "height": height,
        "margin": {"l": 64, "r": 30, "t": 12, "b": 44},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY, "orientation": "v"},
        "font": {"family": FONTS, "size": 13, "color": BLACK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "traceorder": "normal"},
        "hovermode": "x unified",
        "hoverlabel": {"namelength": -1},
        "xaxis": {**axis, "title": {"text": label(horizontal or display.text("figures.year"))}},
        "yaxis": {
            "title": {"text": label(vertical), "standoff": 8},
            "gridcolor": LIGHT,
            "zeroline": True,
            "zerolinecolor": GREY,
            "automargin": True,
            "exponentformat": "none",
            "separatethousands": True,
        },
    }
    return go.Figure(layout=layout)  # at once: each later update of a layout takes as long as all of this


def say_empty(figure: "go.Figure", display: "Display") -> "go.Figure":
    """Return the figure with a word in its middle if it shows nothing."""
    if not figure.data:
        figure.add_annotation(
            text=display.text("figures.no_data"), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper"
        )
    return figure


def years_axis(figure: "go.Figure", first: int, last: int) -> "go.Figure":
    """Return the figure with whole years as ticks, from the first to the last compliance year."""
    step = next(step for step in (1, 2, 5, 10, 20) if (last - first) / step < 6 or step == 20)
    ticks = list(range(first, last + 1, step))
    figure.update_xaxes(tickvals=ticks, ticktext=[str(year) for year in ticks], tickangle=0, automargin=True)
    return figure
