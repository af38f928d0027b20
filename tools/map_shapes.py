"""Write the map shapes of the dashboard from their sources; the same sources give the same bytes.

    npm pack world-atlas@2.0.2 i18n-iso-countries@7.14.0     # and unpack both
    python tools/map_shapes.py --world-atlas DIR --iso-countries DIR --brazil FILE

`--brazil` is a GeoJSON of the 27 federative units of Brazil, one feature each with a property
`name`, of Natural Earth's *Admin 1, states and provinces* at 1:50m. Coordinates are rounded to a
hundredth of a degree, which is about one kilometre, so that neighbours keep one common border.
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "python" / "ecommerce_analytics" / "dashboard"
FOLDER = FOLDER / "static" / "shapes"

Point = tuple[float, float]
Ring = list[Point]
Polygons = list[list[Ring]]

_DIGITS = 2

# Codes of Brazil's states by the names of Natural Earth: two of its postal codes are missing.
_BRAZIL = {
    "Acre": "AC",
    "Alagoas": "AL",
    "Amapá": "AP",
    "Amazonas": "AM",
    "Bahia": "BA",
    "Ceará": "CE",
    "Distrito Federal": "DF",
    "Espírito Santo": "ES",
    "Goiás": "GO",
    "Maranhão": "MA",
    "Mato Grosso": "MT",
    "Mato Grosso do Sul": "MS",
    "Minas Gerais": "MG",
    "Paraná": "PR",
    "Paraíba": "PB",
    "Pará": "PA",
    "Pernambuco": "PE",
    "Piauí": "PI",
    "Rio Grande do Norte": "RN",
    "Rio Grande do Sul": "RS",
    "Rio de Janeiro": "RJ",
    "Rondônia": "RO",
    "Roraima": "RR",
    "Santa Catarina": "SC",
    "Sergipe": "SE",
    "São Paulo": "SP",
    "Tocantins": "TO",
}

# Names in full where Natural Earth cuts them short or has an older one.
_NAMES = {
    "AG": "Antigua and Barbuda",
    "AS": "American Samoa",
    "BA": "Bosnia and Herzegovina",
    "BL": "Saint Barthélemy",
    "CD": "Democratic Republic of the Congo",
    "CF": "Central African Republic",
    "CK": "Cook Islands",
    "CV": "Cape Verde",
    "DO": "Dominican Republic",
    "EH": "Western Sahara",
    "FK": "Falkland Islands",
    "FO": "Faroe Islands",
    "GQ": "Equatorial Guinea",
    "GS": "South Georgia and the South Sandwich Islands",
    "HM": "Heard Island and McDonald Islands",
    "IO": "British Indian Ocean Territory",
    "KN": "Saint Kitts and Nevis",
    "KY": "Cayman Islands",
    "MF": "Saint Martin",
    "MH": "Marshall Islands",
    "MK": "North Macedonia",
    "MP": "Northern Mariana Islands",
    "PF": "French Polynesia",
    "PM": "Saint Pierre and Miquelon",
    "PN": "Pitcairn Islands",
    "SB": "Solomon Islands",
    "SS": "South Sudan",
    "ST": "São Tomé and Príncipe",
    "SZ": "Eswatini",
    "TC": "Turks and Caicos Islands",
    "TF": "French Southern and Antarctic Lands",
    "VC": "Saint Vincent and the Grenadines",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands",
    "WF": "Wallis and Futuna",
}

# Places without a number in the standard: a code of the user-assigned range that is in wide use,
# and the country whose shape a place belongs to where it has no code at all.
_WITHOUT_NUMBER = {"Kosovo": ("XK", "XKX")}
_PART_OF = {"N. Cyprus": "CY", "Somaliland": "SO"}
_LEFT_OUT = {"AQ"}  # Nobody orders from Antarctica, and it would fill a fifth of the map.


def rounded(ring: list[Any]) -> Ring:
    """Return a ring without points that fall onto the one before them; empty if none is left."""
    points: Ring = []
    for x, y in ring:
        point = (round(x, _DIGITS) + 0.0, round(y, _DIGITS) + 0.0)
        if not points or points[-1] != point:
            points.append(point)
    return points if len(points) >= 4 else []


def unwrapped(ring: Ring) -> Ring:
    """Return a ring that runs on beyond 180 degrees where it crosses the date line.

    Of two points that are more than half the earth apart, the shorter way crosses it.
    """
    points = ring[:1]
    shift = 0.0
    for (x, _), (next_x, next_y) in pairwise(ring):
        shift += -360.0 if next_x - x > 180 else 360.0 if x - next_x > 180 else 0.0
        points.append((next_x + shift, next_y))
    return points


def edges(ring: Ring) -> list[tuple[Point, Point]]:
    """Return the edges of an unwrapped ring."""
    points = unwrapped(ring)
    return list(zip(points, points[1:] + points[:1], strict=True))


def signed_area(ring: Ring) -> float:
    """Return twice the area in square degrees, above 0 if the ring runs against the clock."""
    return sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in edges(ring))


def wound(polygon: list[Ring]) -> list[Ring]:
    """Run the border with the clock and holes against it, as drawing on a sphere needs it."""
    return [
        ring[::-1] if (signed_area(ring) > 0) == (place == 0) else ring
        for place, ring in enumerate(polygon)
    ]


def simplified(polygons: Polygons) -> Polygons:
    """Round and wind polygons; one whose border falls onto a point or a line goes."""
    found = []
    for polygon in polygons:
        border, *holes = (rounded(ring) for ring in polygon)
        if border and signed_area(border):
            kept = [hole for hole in holes if hole and signed_area(hole)]
            found.append(wound([border, *kept]))
    return found


def center(ring: Ring) -> Point:
    """Return the center of gravity of the area within a ring, rounded as the ring is."""
    x = y = area = 0.0
    for (x0, y0), (x1, y1) in edges(ring):
        part = x0 * y1 - x1 * y0
        x, y, area = x + (x0 + x1) * part, y + (y0 + y1) * part, area + 3 * part
    return round(x / area, _DIGITS), round(y / area, _DIGITS)


def feature(
    code: str, name: str, polygons: Polygons, *, labelled_from: float, **properties: str
) -> dict[str, Any]:
    """Return a feature of GeoJSON whose id is its code.

    Where its code has room on the map, `label_at` says where: in the middle of the greatest
    polygon, if that has at least `labelled_from` square degrees.
    """
    greatest = max((polygon[0] for polygon in polygons), key=lambda ring: abs(signed_area(ring)))
    has_room = abs(signed_area(greatest)) / 2 >= labelled_from
    place = {"label_at": center(greatest)} if has_room else {}
    return {
        "type": "Feature",
        "id": code,
        "properties": {"code": code, **properties, "name": name, **place},
        "geometry": {"type": "MultiPolygon", "coordinates": polygons},
    }


def file_text(features: list[dict[str, Any]]) -> str:
    """Return the text of a file: a line per feature, in the order of their codes."""
    lines = [
        json.dumps(each, ensure_ascii=False, separators=(",", ":"))
        for each in sorted(features, key=lambda each: each["id"])
    ]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def brazil(source: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the states of Brazil by their two letters."""
    features = []
    for state in source["features"]:
        name = state["properties"]["name"]
        polygons = simplified(state["geometry"]["coordinates"])
        features.append(feature(_BRAZIL[name], name, polygons, labelled_from=8.5))
    if len(features) != len(_BRAZIL):
        raise SystemExit(f"expected {len(_BRAZIL)} states, got {len(features)}")
    return features


class Topology:
    """A TopoJSON file: geometries made of arcs that neighbours share."""

    def __init__(self, path: Path) -> None:
        self._content = json.loads(path.read_text(encoding="utf-8"))
        (scale_x, scale_y), (shift_x, shift_y) = (
            self._content["transform"][name] for name in ("scale", "translate")
        )
        self._arcs: list[Ring] = []
        for steps in self._content["arcs"]:
            x = y = 0
            arc: Ring = []
            for step_x, step_y in steps:
                x, y = x + step_x, y + step_y
                arc.append((x * scale_x + shift_x, y * scale_y + shift_y))
            self._arcs.append(arc)

    def countries(self) -> list[tuple[str | None, str, Polygons]]:
        """Return number in ISO 3166-1, name and polygons of each country."""
        found = []
        for geometry in self._content["objects"]["countries"]["geometries"]:
            arcs = geometry["arcs"]
            of_polygons = [arcs] if geometry["type"] == "Polygon" else arcs
            polygons = [[self._ring(ring) for ring in polygon] for polygon in of_polygons]
            found.append((geometry.get("id"), geometry["properties"]["name"], polygons))
        return found

    def _ring(self, arcs: list[int]) -> Ring:
        points: Ring = []
        for number in arcs:
            arc = self._arcs[number] if number >= 0 else self._arcs[~number][::-1]
            points += arc[1:] if points else arc
        return points


def world(atlas: Path, iso: Path) -> list[dict[str, Any]]:
    """Return the countries at 1:110m, and from 1:50m those that are too small for it."""
    codes = {number: (two, three) for two, three, number, _ in json.loads(iso.read_text("utf-8"))}
    shapes: dict[str, Polygons] = {}
    names: dict[str, tuple[str, str]] = {}
    for scale in ("110m", "50m"):
        known = set(shapes)
        for number, name, polygons in Topology(atlas / f"countries-{scale}.json").countries():
            if name in _PART_OF:
                code = _PART_OF[name]
            elif number in codes or name in _WITHOUT_NUMBER:
                code, three = codes.get(number) or _WITHOUT_NUMBER[name]
                if code not in known:
                    names.setdefault(code, (_NAMES.get(code, name), three))
            else:
                continue  # Disputed and without a code: nobody's key.
            if code not in known and code not in _LEFT_OUT:
                shapes.setdefault(code, []).extend(simplified(polygons))
    return [
        feature(code, names[code][0], polygons, labelled_from=150.0, iso3=names[code][1])
        for code, polygons in shapes.items()
        if polygons
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--world-atlas", type=Path, required=True, help="folder of the package")
    parser.add_argument("--iso-countries", type=Path, required=True, help="folder of the package")
    parser.add_argument("--brazil", type=Path, required=True, help="GeoJSON file")
    options = parser.parse_args()
    files = {
        "brazil_states.geojson": brazil(json.loads(options.brazil.read_text(encoding="utf-8"))),
        "world_countries.geojson": world(options.world_atlas, options.iso_countries / "codes.json"),
    }
    for file_name, features in files.items():
        (FOLDER / file_name).write_text(file_text(features), encoding="utf-8", newline="\n")
        print(file_name, len(features), (FOLDER / file_name).stat().st_size)
