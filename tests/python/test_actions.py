"""Actions as data: what a file may say, and what is said of one that is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ecommerce_analytics as ea
from ecommerce_analytics.actions import ActionSet, action_set, parse_action_set, read_action_set

GOOD: dict[str, Any] = {
    "name": "mine",
    "actions": [
        {
            "name": "Call them",
            "what": "Call.",
            "uplift": [0.0, 0.03, 0.06],
            "discount": 0.1,
            "who": {"segment": ["At Risk"], "frequency": [2, float("inf")]},
        }
    ],
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "actions": [{**GOOD["actions"][0], **changes}]}


def test_the_built_in_actions_are_of_the_default_segments() -> None:
    rules = action_set()
    assert rules.segments == ea.rfm.rule_set("default")
    assert len(rules.actions) >= 3
    assert len({one.name for one in rules.actions}) == len(rules.actions)
    assert {need for one in rules.actions for need in one.needs} == {"churn", "clv"}


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        """
name = "mine"
segments = "six"

[[actions]]
name = "Call them"
what = "Call."
uplift = 0.02
discount = [0.0, 0.1, 0.2]
who = { segment = ["Champions"], tier = ["Gold"], churn_band = ["high"], clv = [50, inf] }
""",
        encoding="utf-8",
    )
    rules = read_action_set(path)
    [action] = rules.actions
    assert rules.segments.name == "six"
    assert action.uplift == (0.02, 0.02, 0.02)
    assert action.discount == (0.0, 0.1, 0.2)
    assert (action.redemption[0], action.contact_cost[0], action.fixed_cost[0]) == (1.0, 0.0, 0.0)
    assert action.bounds["clv"] == (50.0, float("inf"))
    assert action.needs == ("churn", "clv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed(colour="red"), "a key is unknown: action 1: colour"),
        (changed(who={"colour": ["red"]}), "a key is unknown: who of 'Call them': colour"),
        (changed(who={"segment": ["Nobody"]}), "there is no such segment: 'Call them': 'Nobody'"),
        (changed(who={"tier": ["Tin"]}), "there is no such tier: 'Call them': 'Tin'"),
        (changed(who={"churn_band": "high"}), "a list is needed: 'Call them'"),
        (changed(who={"churn_risk": [0.5, 2]}), "bounds are out of order or out of range"),
        (changed(who={"frequency": [3, 2]}), "bounds are out of order or out of range"),
        (changed(who={"frequency": [3]}), "bounds are the least and the greatest"),
        (changed(who={"monetary": ["a", 2]}), "a number is needed: 'Call them': monetary"),
        (changed(who={"clv_top_share": 0}), "clv_top_share must be in"),
        (changed(who=3), "a table of keys is needed: who of 'Call them'"),
        (changed(uplift=[0.1, 0.2]), "an assumption is one number, or low, likeliest and high"),
        (changed(uplift=[0.3, 0.2, 0.4]), "an assumption is out of order or out of range"),
        (changed(discount=1.5), "an assumption is out of order or out of range: 'Call them'"),
        (changed(discount=True), "a number is needed: 'Call them': discount"),
        (changed(discount=float("nan")), "a number is needed: 'Call them': discount"),
        (changed(name=" "), "a text is needed: action 1: name"),
        (changed(what=1), "a text is needed: 'Call them': what"),
        ({"name": "mine", "actions": []}, "there must be a list of actions"),
        ({"name": "mine"}, "a key is missing: the file: actions"),
        ({**GOOD, "segments": "eleven"}, "eleven"),
        ({**GOOD, "actions": GOOD["actions"] * 2}, "two actions have one name: Call them"),
        ({**GOOD, "actions": [{"name": "Call"}]}, "a key is missing: action 1: discount"),
        ({**GOOD, "actions": [3]}, "a table of keys is needed: action 1"),
    ],
)
def test_what_is_wrong_is_named(content: dict[str, Any], message: str) -> None:
    with pytest.raises(ea.InvalidArgument) as caught:
        ActionSet.from_dict(content)
    assert message in str(caught.value)


def test_a_path_with_a_zero_byte_is_one_error() -> None:
    with pytest.raises(ea.IOFailure, match="cannot read the file"):
        ea.actions.read_action_set("a\0b")


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (lambda path: path.write_text("name = ", encoding="utf-8"), ea.InvalidData),
        (lambda path: path.write_bytes(b"\xff\xfe"), ea.InvalidData),
        (lambda path: path.write_text('name = "x"', encoding="utf-8"), ea.InvalidArgument),
        (lambda path: path.mkdir(), ea.IOFailure),
    ],
)
def test_a_file_that_is_wrong_is_named(
    tmp_path: Path, write: Callable[[Path], Any], kind: type[ea.Error]
) -> None:
    path = tmp_path / "mine.toml"
    write(path)
    with pytest.raises(kind) as caught:
        read_action_set(path)
    assert caught.value.file == str(path)


def test_there_is_one_built_in_set() -> None:
    with pytest.raises(ea.InvalidArgument, match="there is no such set: ten"):
        action_set("ten")


def file_of(uplift: str = "0.1", who: str = "{}", more: str = "") -> bytes:
    return (
        f'name = "x"\n{more}\n[[actions]]\nname = "a"\nwhat = "b"\nuplift = {uplift}\n'
        f"discount = 0\nwho = {who}\n"
    ).encode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (file_of(uplift="9" * 400), "an integer is beyond every float: 'a': uplift"),
        (
            file_of(who=f"{{ frequency = [1, {'9' * 400}] }}"),
            "an integer is beyond every float: 'a': frequency",
        ),
        (
            file_of(who=f"{{ clv_top_share = -{'9' * 400} }}"),
            "an integer is beyond every float: 'a': clv_top_share",
        ),
        (file_of(uplift="9" * 5_000), "the file is no TOML"),
        (file_of(uplift="[" * 5_000), "nest too deeply"),
        (file_of(more=".".join("a" * 5_000) + " = 1"), "a key is unknown"),
        (b'name = "x"\nactions' + b".a" * 5_000 + b" = 1", "nest too deeply"),
    ],
)
def test_what_is_too_great_or_too_deep_is_one_clear_error(text: bytes, told: str) -> None:
    assert parse_action_set(file_of()).name == "x"
    with pytest.raises(ea.Error, match=told) as raised:
        parse_action_set(text)
    assert len(str(raised.value)) < 300
    if told != "a key is unknown":
        assert isinstance(raised.value, ea.InvalidData)
