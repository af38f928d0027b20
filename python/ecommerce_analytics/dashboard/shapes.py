"""Shapes of regions for maps: Brazil's states, the world's countries, and how keys find them.

A key finds its shape by code or by name, without regard to capitals, accents and punctuation; the
names that shops use and the standard does not are in a table of this module. What has no shape,
such as ``European Community``, is left to the caller, who lists it beside the map.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

__all__ = ["BRAZIL", "EUROPE", "WORLD", "Shapes", "shapes_of"]

_FOLDER: Final = Path(__file__).parent / "static" / "shapes"
_ATTRIBUTION: Final = "Shapes: made with Natural Earth (public domain)"

# Other names of countries, as `_folded` writes them: how shops, and people, call them.
_COUNTRIES: Final = {
    "america": "US",
    "bolivia plurinational state of": "BO",
    "bosnia": "BA",
    "britain": "GB",
    "brunei darussalam": "BN",
    "burma": "MM",
    "cabo verde": "CV",
    "congo kinshasa": "CD",
    "curacao": "CW",
    "czech republic": "CZ",
    "deutschland": "DE",
    "dr congo": "CD",
    "east timor": "TL",
    "eire": "IE",
    "england": "GB",
    "espana": "ES",
    "great britain": "GB",
    "holland": "NL",
    "hong kong sar china": "HK",
    "iran islamic republic of": "IR",
    "ivory coast": "CI",
    "korea": "KR",
    "korea republic of": "KR",
    "korea south": "KR",
    "lao peoples democratic republic": "LA",
    "macau": "MO",
    "macedonia": "MK",
    "moldova republic of": "MD",
    "northern ireland": "GB",
    "palestinian territories": "PS",
    "republic of ireland": "IE",
    "republic of korea": "KR",
    "rsa": "ZA",
    "russian federation": "RU",
    "scotland": "GB",
    "swaziland": "SZ",
    "syrian arab republic": "SY",
    "taiwan province of china": "TW",
    "tanzania united republic of": "TZ",
    "the netherlands": "NL",
    "turkiye": "TR",
    "uae": "AE",
    "uk": "GB",
    "united states": "US",
    "venezuela bolivarian republic of": "VE",
    "viet nam": "VN",
    "wales": "GB",
}


@dataclass(frozen=True)
class Shapes:
    """A map: its regions, and the part of the earth that it shows.

    Attributes
    ----------
    file_name : str
        GeoJSON in the folder ``static/shapes``; the id of a feature is its code.
    words : tuple of str
        What one of its regions is called, and several.
    projection : str
        As Plotly's ``geo.projection.type`` calls it.
    longitudes, latitudes : tuple of float
        Degrees from west to east and from south to north.
    height : int
        Of a figure that shows it, in pixels.
    other_names : mapping of str to str
        Codes of names that are not in the file.
    """

    file_name: str
    words: tuple[str, str]
    projection: str
    longitudes: tuple[float, float]
    latitudes: tuple[float, float]
    height: int
    other_names: Mapping[str, str]
    attribution: str = _ATTRIBUTION

    @property
    def address(self) -> str:
        """Where the page of the dashboard finds the file."""
        return f"app/static/shapes/{self.file_name}"

    @property
    def features(self) -> Mapping[str, Mapping[str, Any]]:
        """Features of GeoJSON by their codes. Read once; not to be changed."""
        return _features(self.file_name)

    @property
    def labels(self) -> dict[str, tuple[float, float]]:
        """Longitude and latitude of the codes that have room on the map."""
        told = ((code, each["properties"].get("label_at")) for code, each in self.features.items())
        return {code: (place[0], place[1]) for code, place in told if place is not None}

    @property
    def names(self) -> dict[str, str]:
        """Names of the regions by their codes."""
        return {code: each["properties"]["name"] for code, each in self.features.items()}

    def code_of(self, key: object) -> str | None:
        """Return the code of the region that a key means, or None."""
        folded = _folded(str(key))
        found = _codes(self.file_name).get(folded)
        return found if found is not None else self.other_names.get(folded)

    def codes_of(self, keys: Iterable[object]) -> dict[object, str]:
        """Return the codes of the keys that have a shape.

        Where several keys mean one region, the first has its shape: figures of two rows, such as
        customers, cannot be added up.
        """
        found: dict[object, str] = {}
        taken: set[str] = set()
        for key in keys:
            code = self.code_of(key)
            if code is not None and code not in taken:
                found[key] = code
                taken.add(code)
        return found


BRAZIL: Final = Shapes(
    "brazil_states.geojson", ("state", "states"), "mercator", (-74.5, -34.0), (-34.2, 5.8), 520, {}
)
WORLD: Final = Shapes(
    "world_countries.geojson",
    ("country", "countries"),
    "natural earth",
    (-180.0, 180.0),
    (-56.0, 84.0),
    440,
    _COUNTRIES,
)
#: The world's countries, of which Europe is shown.
EUROPE: Final = replace(
    WORLD, projection="mercator", longitudes=(-25.0, 45.0), latitudes=(34.0, 71.0), height=520
)


def shapes_of(keys: Iterable[object]) -> Shapes | None:
    """Return the map on which most of the keys are.

    Parameters
    ----------
    keys : iterable
        Keys of regions.

    Returns
    -------
    Shapes or None
        `BRAZIL` or `WORLD`, the world if it has as many of them; None if neither has half of those
        that are known.

    Examples
    --------
    >>> from ecommerce_analytics.dashboard import shapes
    >>> shapes.shapes_of(["SP", "RJ", "MG", "unknown"]) is shapes.BRAZIL
    True
    >>> shapes.shapes_of(["United Kingdom", "EIRE", "Channel Islands"]) is shapes.WORLD
    True
    >>> shapes.WORLD.code_of("EIRE"), shapes.BRAZIL.code_of("sao paulo")
    ('IE', 'SP')
    """
    known = [key for key in keys if key is not None and str(key) not in ("", "unknown")]
    best = max((WORLD, BRAZIL), key=lambda each: sum(map(bool, map(each.code_of, known))))
    found = sum(map(bool, map(best.code_of, known)))
    return best if found and 2 * found >= len(known) else None


@cache
def _features(file_name: str) -> dict[str, dict[str, Any]]:
    content = json.loads((_FOLDER / file_name).read_text(encoding="utf-8"))
    return {each["id"]: each for each in content["features"]}


@cache
def _codes(file_name: str) -> dict[str, str]:
    """Return the codes by all that the file says of a region; codes win over names."""
    found: dict[str, str] = {}
    for properties in ("name", "iso3", "code"):
        for code, each in _features(file_name).items():
            if properties in each["properties"]:
                found[_folded(each["properties"][properties])] = code
    return found


def _folded(key: str) -> str:
    """Return a key in lower case, without accents and marks, words parted by one blank."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", key) if not unicodedata.combining(letter)
    )
    return " ".join(re.sub(r"[^\w\s]", " ", re.sub(r"[.'\u2019]", "", bare.casefold())).split())
