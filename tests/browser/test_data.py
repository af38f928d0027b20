"""Files of one's own in a browser: seen by their sender alone; a changed source shows itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FilePayload

from browser.conftest import Visit
from browser.servers import served
from browser.visitor import PATIENCE_MS, Visitor
from ecommerce_analytics import datasets

HOSTILE = "<img src=x onerror=window.hostile=1> ![x](http://hostile.example/a.png) $x$ =1+1"
MAPPING = {"customer": "who", "order": "nr", "timestamp": "day", "amount": "paid"}
MAPPING |= {"category": "what"}
LINES = "who,nr,day,paid,what\nann,1,2024-01-05,5.00,lamp\nbob,2,2024-01-06,7.00,vase\n"


def send(visitor: Visitor, name: str, text: str) -> Visitor:
    """Make a file the source of all pages, as a person does."""
    visitor.open("data")
    page = visitor.page
    with visitor.rerun():
        page.get_by_role("radio", name="Upload").click()
    file = FilePayload(name=name, mimeType="text/csv", buffer=text.encode())
    page.locator("input[type=file]").set_input_files(files=[file])
    page.get_by_role("heading", name="What the columns are").wait_for()
    with visitor.rerun():
        page.get_by_role("button", name="Read the file").click()
    page.get_by_role("heading", name="What came of it").wait_for()
    with visitor.rerun():
        page.get_by_role("button", name="Use this file on all pages").click()
    page.get_by_text("All pages show this file, to you alone.").wait_for()
    return visitor


def test_two_browsers_with_two_files_see_only_their_own(visit: Visit) -> None:
    lines = {
        person: f"customer,order,date,amount\n{person},1,2024-01-05,{amount}\n"
        for person, amount in (("ann", "5.00"), ("bob", "70.00"))
    }
    visitors = {person: visit("synthetic", person=person) for person in lines}
    stranger = visit("synthetic", person="a third").open("tower")
    before = stranger.figures()
    for person, visitor in visitors.items():
        send(visitor, f"{person}.csv", lines[person])
    for person, amount in (("ann", "5"), ("bob", "70")):
        visitor = visitors[person].go_to("tower")
        shown = visitor.page.locator("body").inner_text()
        other = next(one for one in visitors if one != person)
        assert f"{person}.csv" in shown
        assert f"{other}.csv" not in shown
        assert float(visitor.figures()["revenue_net"]) == float(amount)
        visitor.says_nothing_went_wrong()
    assert stranger.open("tower").figures() == before
    again = visitors["ann"].open("tower")  # A new session: the file went with the old one.
    assert again.figures() == before
    assert "ann.csv" not in again.page.locator("body").inner_text()


def test_a_hostile_file_is_text(visit: Visit) -> None:
    cell = HOSTILE.replace('"', '""')
    lines = f'customer,order,date,amount,category,"{cell}"\n"{cell}",1,2024-01-05,5,"{cell}",1\n'
    visitor = send(visit("synthetic", person="hostile"), f"{HOSTILE.replace('/', '')}.csv", lines)
    for view in ("tower", "data"):
        visitor.go_to(view)
        assert visitor.page.evaluate("window.hostile ?? 0") == 0
        assert not visitor.page.locator("img[src='x'], img[src*='hostile']").count()
        visitor.says_nothing_went_wrong()


@pytest.mark.parametrize("half", ["", LINES + "eve,3,soon"])
def test_a_changed_file_shows_itself_and_keeps_the_filters(
    context_of: Callable[..., BrowserContext], tmp_path: Path, half: str
) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(LINES, encoding="utf-8")
    told = (f"{role}={column}" for role, column in MAPPING.items())
    source = ["csv", str(path), *(part for pair in told for part in ("--map", pair))]
    arguments = ["-m", "ecommerce_analytics", "dashboard", *source, "--no-browser"]
    log = tmp_path / "server.log"
    with served("csv", arguments, lambda: datasets.load_table(path, MAPPING), log) as site:
        page = context_of("light", 1440, "reduce", "").new_page()
        visitor = Visitor(page, site).open("tower", {"category": ["lamp"]})
        assert float(visitor.figures()["revenue_net"]) == 5.0
        path.write_text(half, encoding="utf-8")
        page.get_by_text("cannot be read; these are the figures from before").wait_for()
        assert float(visitor.figures()["revenue_net"]) == 5.0
        path.write_text(LINES + "eve,3,2024-02-07,9.00,lamp\n", encoding="utf-8")
        page.get_by_text("The source changed and was read again.").wait_for(timeout=PATIENCE_MS)
        visitor.settle(0)
        assert float(visitor.figures()["revenue_net"]) == 14.0
        assert visitor.query == {"category": ["lamp"]}
        assert page.get_by_text("as of 2024-02-08 00:00:00 (exclusive)").count()
        visitor.says_nothing_went_wrong()
        page.close()
