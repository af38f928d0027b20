"""Colours, fonts and the form of figures, for light and dark.

The colours that tell things apart are those of Okabe and Ito (*Color Universal Design*, 2008),
which people with any common colour blindness tell apart; those of sizes run from light to dark.
Text reaches a contrast of 4.5 to 1 on its ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

__all__ = ["DARK", "LIGHT", "Theme", "layout_of"]

#: Colours of things that have no order, in the order in which they are used.
CATEGORIES: Final = (
    "#0072B2",  # blue
    "#E69F00",  # orange
    "#009E73",  # green
    "#CC79A7",  # pink
    "#56B4E9",  # sky
    "#D55E00",  # vermilion
    "#F0E442",  # yellow
    "#8C8C8C",  # grey
)


@dataclass(frozen=True)
class Theme:
    """What differs between light and dark.

    Attributes
    ----------
    name : str
        ``light`` or ``dark``.
    ground, text, quiet, line : str
        Colours of the page, its text, its lesser text, lines of grids.
    accent, second : str
        Colours of the figure itself, and of what it is compared with.
    good, bad : str
        Colours of a change for the better and the worse; a sign stands beside them.
    scale : tuple of str
        From least to most.
    absent : str
        Where there is no figure.
    """

    name: str
    ground: str
    text: str
    quiet: str
    line: str
    accent: str
    second: str
    good: str
    bad: str
    scale: tuple[str, ...]
    absent: str


LIGHT: Final = Theme(
    name="light",
    ground="#F6F8FB",
    text="#14213D",
    quiet="#4A5673",
    line="#D9E0EC",
    accent="#0B5FA5",
    second="#B45309",
    good="#0F6B4F",
    bad="#A8320A",
    scale=("#E8F1FA", "#B9D6EE", "#7FB3DC", "#3F86C2", "#0B5FA5", "#083C6B"),
    absent="#E3E7EE",
)
DARK: Final = Theme(
    name="dark",
    ground="#0E1526",
    text="#EAF0FB",
    quiet="#AAB6CF",
    line="#2A3550",
    accent="#6CB8F0",
    second="#F2B04C",
    good="#5FD0A5",
    bad="#FF9A76",
    scale=("#16233D", "#1D3F66", "#266294", "#3B8AC4", "#6CB8F0", "#C6E5FC"),
    absent="#2A3142",
)


def layout_of(theme: Theme) -> dict[str, Any]:
    """Return the layout that all figures share."""
    axis = {
        "gridcolor": theme.line,
        "zerolinecolor": theme.line,
        "linecolor": theme.line,
        "tickfont": {"color": theme.quiet},
        "title": {"font": {"color": theme.quiet}},
        "automargin": True,
    }
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Source Sans, sans-serif", "size": 13, "color": theme.text},
        "colorway": list(CATEGORIES),
        "xaxis": dict(axis),
        "yaxis": dict(axis),
        "margin": {"l": 8, "r": 8, "t": 64, "b": 8},
        "title": {
            "font": {"size": 15, "color": theme.text},
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "top",
            "yref": "container",
            "pad": {"t": 8},
        },
        "legend": {
            "orientation": "h",
            "y": 1,
            "yanchor": "bottom",
            "x": 0,
            "font": {"color": theme.text},
        },
        "hoverlabel": {
            "bgcolor": theme.ground,
            "bordercolor": theme.line,
            "font": {"color": theme.text},
        },
        "separators": ".,",
    }


def options_of_streamlit() -> dict[str, str]:
    """Return the settings of Streamlit's own theme."""
    options = {"theme.font": "sans-serif"}
    for theme, sidebar in ((LIGHT, "#EDF2F8"), (DARK, "#0A1020")):
        section = f"theme.{theme.name}"
        options |= {
            f"{section}.primaryColor": theme.accent,
            f"{section}.backgroundColor": theme.ground,
            f"{section}.secondaryBackgroundColor": sidebar,
            f"{section}.textColor": theme.text,
            f"{section}.borderColor": theme.line,
            f"{section}.linkColor": theme.accent,
            f"{section}.baseRadius": "0.6rem",
        }
    return options


#: Constant style of the page; no text of the data gets in here.
STYLE: Final = """
<style>
[data-testid="stAppViewContainer"] {
  background-image: radial-gradient(1200px 500px at 85% -10%, rgba(11, 95, 165, .10), transparent),
    radial-gradient(900px 420px at 0% 0%, rgba(0, 158, 115, .07), transparent);
}
[class*="st-key-panel-"] {
  border: 1px solid color-mix(in srgb, currentColor 14%, transparent);
  border-radius: 14px;
  padding: 0.9rem 1rem;
  background: color-mix(in srgb, currentColor 3%, transparent);
}
.block-container { padding-top: 3.2rem; padding-bottom: 3rem; max-width: 1500px; }
@media (max-width: 640px) {
  .block-container { padding-left: 0.8rem; padding-right: 0.8rem; }
  h1 { font-size: 1.6rem !important; }
}
/* White on the accent of the dark theme would not be read. */
button[data-testid^="stBaseButton-primary"] {
  background-color: #0B5FA5 !important; border-color: #0B5FA5 !important; color: #FFFFFF !important;
}
/* Its own grey of captions is below a contrast of 4.5 to 1. */
[data-testid="stCaptionContainer"] { color: inherit !important; opacity: 0.82; }
/* Streamlit's own file is not safe against formulas of spreadsheets; Export gives one that is. */
[data-testid="stElementToolbarButton"] button[aria-label="Download as CSV"] { display: none; }
/* Month and day of a date are less than 24 pixels apart, too near for many fingers. */
[data-testid="stDateInput"] [role="spinbutton"] {
  display: inline-block; min-width: 24px; min-height: 24px; line-height: 24px; text-align: center;
}
@media (prefers-reduced-motion: reduce) {
  * { animation: none !important; transition: none !important; }
}
</style>
"""
