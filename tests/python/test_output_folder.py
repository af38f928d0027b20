"""A folder of outputs changes all at once, whatever happens to the run that writes it."""

import errno
import fcntl
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import ecommerce_analytics as ea
from ecommerce_analytics import output_folder
from ecommerce_analytics.run import run as run_job

NAMES = ("a.csv", "b.csv", "run.json")
BUILDING = ".out.ecommerce-analytics-building"


def contents_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def replace_with(output: Path, text: str, names: tuple[str, ...] = NAMES) -> None:
    with output_folder.replaced(output, NAMES) as building:
        for name in names:
            (building / name).write_text(text)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "parent" / "out"
    replace_with(folder, "old")
    return folder


def no_exchange(monkeypatch: pytest.MonkeyPatch, code: int = errno.EINVAL) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(output_folder, "_rename_exchange", refuse)


def test_at_200_random_kills_there_are_the_old_files_or_the_new_ones(tmp_path: Path) -> None:
    folder = tmp_path / "parent" / "out"
    folder.parent.mkdir()
    program = Path(__file__).with_name("killed_runs.py")
    done = subprocess.run(
        [sys.executable, program, folder, "200", "7"],
        env=os.environ | {"PYTHONPATH": str(Path(ea.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["killed"] >= 200
    # The first two are those of runs that nobody killed; no third state was seen, and no half one.
    assert set(found["states"]) == set(found["allowed"])
    assert set(found["left"]) <= {"out", BUILDING}

    result = run_job(ea.datasets.make_synthetic(8), folder)
    assert [path.name for path in folder.parent.iterdir()] == ["out"]
    assert {path.name for path in folder.iterdir()} == {*result.files, "notes.txt"}


def test_a_fresh_folder_an_old_one_and_one_behind_a_link(out: Path) -> None:
    assert contents_of(out) == dict.fromkeys(NAMES, "old")
    inode = out.stat().st_ino
    out.chmod(0o751)
    replace_with(out, "new", NAMES[1:])
    assert contents_of(out) == dict.fromkeys(NAMES[1:], "new")
    assert out.stat().st_ino != inode  # The folders have changed places.
    assert out.stat().st_mode & 0o777 == 0o751

    link = out.parent / "link"
    link.symlink_to(out)
    replace_with(link, "newer")
    assert link.is_symlink()
    assert contents_of(out) == dict.fromkeys(NAMES, "newer")
    assert {path.name for path in out.parent.iterdir()} == {"out", "link"}


def test_files_of_the_user_stay_the_same_files(out: Path) -> None:
    (out / "notes.txt").write_text("mine")
    (out / "dangling").symlink_to("nowhere")
    inode = (out / "notes.txt").stat().st_ino
    replace_with(out, "new")
    assert (out / "notes.txt").stat().st_ino == inode
    assert (out / "notes.txt").stat().st_nlink == 1
    assert (out / "dangling").readlink() == Path("nowhere")
    assert contents_of(out) == dict.fromkeys(NAMES, "new") | {"notes.txt": "mine"}


def test_what_comes_in_the_moment_of_the_exchange_is_not_lost(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (out / "notes.txt").write_text("before")
    real = output_folder._rename_exchange

    def exchange(one: Path, other: Path) -> None:
        (other / "saved.txt").write_text("saved")
        (other / "folder").mkdir()
        (other / "notes.txt").unlink()
        (other / "notes.txt").write_text("after")
        real(one, other)

    monkeypatch.setattr(output_folder, "_rename_exchange", exchange)
    replace_with(out, "new")
    found = contents_of(out)
    assert found.pop("saved.txt") == "saved"
    assert {found.pop("notes.txt"), found.pop("notes.txt.1")} == {"before", "after"}
    assert found == dict.fromkeys(NAMES, "new")
    assert (out / "folder").is_dir()
    assert [path.name for path in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("where", ["user's folder", "no exchange", "working folder"])
def test_where_folders_cannot_be_exchanged_run_json_goes_first_and_comes_last(
    where: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "user's folder":
        (out / "mine").mkdir()
    elif where == "no exchange":
        no_exchange(monkeypatch)
        (out / "notes.txt").write_text("mine")
    else:
        monkeypatch.chdir(out)
    inode = out.stat().st_ino
    steps = []
    real_replace, real_unlink = Path.replace, Path.unlink

    def replace(self: Path, target: Path) -> Path:
        steps.append(f"+{target.name}")
        return real_replace(self, target)

    def unlink(self: Path, missing_ok: bool = False) -> None:
        steps.append(f"-{self.name}")
        real_unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(Path, "unlink", unlink)
    replace_with(out, "new", NAMES[1:])
    assert steps[:4] == ["-run.json", "-a.csv", "+b.csv", "+run.json"]
    assert out.stat().st_ino == inode
    assert {name: text for name, text in contents_of(out).items() if name in NAMES} == (
        dict.fromkeys(NAMES[1:], "new")
    )
    assert [path.name for path in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("step", range(8))
def test_a_stop_while_files_are_moved_one_by_one(
    step: int, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_exchange(monkeypatch, errno.ENOSYS)
    left = step

    def count_down(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", count_down(Path.replace))
        patch.setattr(Path, "unlink", count_down(Path.unlink))
        with suppress(KeyboardInterrupt):
            replace_with(out, "new")
    found = contents_of(out)
    if "run.json" in found:
        assert len(set(found.values())) == 1
        assert set(found) == set(NAMES)
    replace_with(out, "newer")
    assert contents_of(out) == dict.fromkeys(NAMES, "newer")
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_an_error_leaves_the_old_files_and_nothing_else(out: Path) -> None:
    (out / "notes.txt").write_text("mine")
    before = contents_of(out)
    with pytest.raises(ea.IOFailure, match="nowhere"):
        replace_with(out, "half", ("a.csv", "nowhere/b.csv"))
    assert contents_of(out) == before
    assert [path.name for path in out.parent.iterdir()] == ["out"]

    new = out.parent / "x" / "y"
    with pytest.raises(ea.IOFailure):
        replace_with(new, "half", ("nowhere/b.csv",))
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_what_a_killed_run_left_is_cleared_and_what_is_the_users_comes_back(out: Path) -> None:
    (out / "notes.txt").write_text("mine")
    left = out.parent / BUILDING
    left.mkdir()
    (left / "a.csv").write_text("half")
    (left / "lost.txt").write_text("mine too")
    os.link(out / "notes.txt", left / "notes.txt")
    (out / ".ecommerce-analytics-building").mkdir()
    (out / ".ecommerce-analytics-building" / "b.csv").write_text("half")
    replace_with(out, "new")
    assert contents_of(out) == dict.fromkeys(NAMES, "new") | {
        "notes.txt": "mine",
        "lost.txt": "mine too",
    }
    assert [path.name for path in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("held", ["out", BUILDING])
def test_two_runs_do_not_mix(held: str, out: Path) -> None:
    (out.parent / held).mkdir(exist_ok=True)
    other = os.open(out.parent / held, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    try:
        with pytest.raises(ea.IOFailure, match="another run is writing"):
            replace_with(out, "new")
    finally:
        os.close(other)
    assert contents_of(out) == dict.fromkeys(NAMES, "old")
    replace_with(out, "new")
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_a_full_disk_names_the_file_and_leaves_the_old_ones(out: Path, tmp_path: Path) -> None:
    """The limit of a process on the size of its files stands for the end of the disk."""
    program = """
import resource, signal, sys
import ecommerce_analytics as ea
from ecommerce_analytics.__main__ import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop()), resource.RLIM_INFINITY))
main()
"""
    folder = tmp_path / "disk"
    run = ["run", "synthetic", "--num-customers", "60", "--output", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(Path(ea.__file__).parents[1])}
    run_job(ea.datasets.make_synthetic(5), folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for limit in (500, 10_000, 60_000):
        done = subprocess.run(
            [sys.executable, "-c", program, *run, str(limit)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        [line] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert any(f'file "{folder}/{name}"' in line for name in before)
        assert BUILDING not in done.stderr
        assert "building" not in line
        assert "{" not in line  # Words, not a library's record for machines.
        assert "Traceback" not in done.stderr
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "parent"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
