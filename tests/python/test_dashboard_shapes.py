"""Shapes of maps: the files, and how keys find them."""

from itertools import pairwise

import pytest

from conftest import CHECKOUT
from ecommerce_analytics.dashboard import shapes
from ecommerce_analytics.dashboard.shapes import BRAZIL, WORLD

FOLDER = CHECKOUT / "python" / "ecommerce_analytics" / "dashboard" / "static" / "shapes"

STATES = set(
    "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split()
)

# Country: code, of every name in the Online Retail file.
ONLINE_RETAIL = {
    "Australia": "AU",
    "Austria": "AT",
    "Bahrain": "BH",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "Channel Islands": None,
    "Cyprus": "CY",
    "Czech Republic": "CZ",
    "Denmark": "DK",
    "EIRE": "IE",
    "European Community": None,
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Greece": "GR",
    "Hong Kong": "HK",
    "Iceland": "IS",
    "Israel": "IL",
    "Italy": "IT",
    "Japan": "JP",
    "Lebanon": "LB",
    "Lithuania": "LT",
    "Malta": "MT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "RSA": "ZA",
    "Saudi Arabia": "SA",
    "Singapore": "SG",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "USA": "US",
    "United Arab Emirates": "AE",
    "United Kingdom": "GB",
    "Unspecified": None,
}


def test_files_are_small_and_carry_their_licences() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir() if path.is_file()}
    assert 10_000 < sizes["brazil_states.geojson"] < 120_000
    assert 10_000 < sizes["world_countries.geojson"] < 250_000
    assert "Michael Bostock" in (FOLDER / "LICENSE-world-atlas.txt").read_text(encoding="utf-8")
    assert "Natural Earth" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_states_of_brazil_are_complete() -> None:
    assert set(BRAZIL.features) == STATES
    assert BRAZIL.names["AC"] == "Acre"
    assert BRAZIL.names["RO"] == "Rondônia"


@pytest.mark.parametrize("each", [BRAZIL, WORLD], ids=lambda each: each.words[0])
def test_rings_are_closed_run_with_the_clock_and_lie_on_the_earth(each: shapes.Shapes) -> None:
    for code, feature in each.features.items():
        assert feature["id"] == feature["properties"]["code"] == code
        assert feature["properties"]["name"].strip()
        for border, *_ in feature["geometry"]["coordinates"]:
            assert len(border) >= 4
            assert border[0] == border[-1]
            assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in border)
            if max(x for x, _ in border) - min(x for x, _ in border) < 180:
                twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(border))
                assert twice < 0, code


def test_labels_lie_in_the_part_that_is_shown() -> None:
    for each in (BRAZIL, WORLD):
        (west, east), (south, north) = each.longitudes, each.latitudes
        assert len(each.labels) > 10
        assert all(west < x < east and south < y < north for x, y in each.labels.values())


@pytest.mark.parametrize(("key", "code"), ONLINE_RETAIL.items())
def test_countries_of_online_retail(key: str, code: str | None) -> None:
    assert WORLD.code_of(key) == code


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("US", "US"),
        ("usa", "US"),
        ("GBR", "GB"),
        ("U.K.", "GB"),
        ("Côte d'Ivoire", "CI"),
        ("cote d\u2019ivoire", "CI"),
        ("Viet Nam", "VN"),
        ("US-NY", None),
        ("", None),
        (7, None),
    ],
)
def test_countries_by_code_and_name(key: object, code: str | None) -> None:
    assert WORLD.code_of(key) == code


def test_states_by_code_and_name() -> None:
    keys = ["sp", "São Paulo", "SAO PAULO", "Rondonia", "rio-grande do sul", "XX"]
    assert [BRAZIL.code_of(key) for key in keys] == ["SP", "SP", "SP", "RO", "RS", None]


def test_every_region_is_found_by_its_own_code_and_name() -> None:
    for each in (BRAZIL, WORLD):
        for code, name in each.names.items():
            assert each.code_of(code) == code
            assert each.code_of(name) == code
    assert {WORLD.code_of(code) for code in shapes._COUNTRIES} <= set(WORLD.features)


def test_of_two_keys_of_one_region_the_first_has_its_shape() -> None:
    assert WORLD.codes_of(["Ireland", "EIRE", "Unspecified", "France"]) == {
        "Ireland": "IE",
        "France": "FR",
    }


def test_the_map_of_a_source_is_the_one_with_most_of_its_keys() -> None:
    assert shapes.shapes_of(sorted(STATES)) is BRAZIL
    assert shapes.shapes_of(ONLINE_RETAIL) is WORLD
    assert shapes.shapes_of([*sorted(STATES), None, "unknown"]) is BRAZIL
    assert shapes.shapes_of(["US", "CA"]) is WORLD
    assert shapes.shapes_of(["US-NY", "US-CA", "CA-ON", "FR"]) is None
    assert shapes.shapes_of([]) is None
    assert shapes.shapes_of(["unknown", None]) is None
