"""Figures in light and dark: the figures of reports are made for white paper; a dark page lights up their lines."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Blue on near-black has too little contrast; the others of the palette are bright enough.
LIGHTER = {
    "#56B4E9": "#C4E7FF",
    "#0072B2": "#5CB8FF",
    "#222222": "#EDEDED",
    "#8A8A8A": "#A8A8A8",
    "#E4E4E4": "#3A3F45",
    "#D55E00": "#FF8A3D",
}
INK, GRID, AXIS, PAPER = "#E6E6E6", "#3A3F45", "#A8A8A8", "#1F2328"


def dress(figure: "go.Figure", *, dark: bool) -> dict[str, Any]:
    """Return a figure as plain data, in the colours of the theme."""
    plain: dict[str, Any] = figure.to_plotly_json()
    plain = {"data": list(plain.get("data", ())), "layout": plain.get("layout", {})}
    layout = plain["layout"]
    layout.pop("template", None)
    layout["autosize"] = True
    if dark:
        plain["data"] = [_lit(trace) for trace in plain["data"]]
        layout.update(_lit(layout))
        layout["font"] = {**layout.get("font", {}), "color": INK}
        layout["hoverlabel"] = {**layout.get("hoverlabel", {}), "bgcolor": PAPER, "font": {"color": INK}}
        for name in [key for key in layout if key.startswith(("xaxis", "yaxis"))]:
            axis = dict(layout[name])
            axis.setdefault("gridcolor", GRID)
            layout[name] = {**axis, "linecolor": AXIS, "zerolinecolor": AXIS, "tickcolor": AXIS}
    return plain


def _lit(part: Any) -> Any:
    """Return a part of a figure with its colours exchanged; arrays of numbers are passed through."""
    if isinstance(part, dict):
        return {key: _lit(value) for key, value in part.items()}
    if isinstance(part, (list, tuple)) and len(part) < 40:
        return [_lit(value) for value in part]
    if isinstance(part, str):
        return LIGHTER.get(part, part.replace("rgba(255,255,255", "rgba(31,35,40"))
    return part
