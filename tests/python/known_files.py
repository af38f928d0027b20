"""The copies of the real data sets whose figures are known, by the hash of their content."""

import hashlib
from functools import lru_cache
from pathlib import Path

import pytest

from conftest import CHECKOUT, data_dir

# In the form of sha256sum, which can check a folder of data by it too.
_LIST = CHECKOUT / "tests" / "golden" / "known_files.sha256"


@lru_cache
def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def known_copy(name: str) -> Path:
    """Return a file or folder of the real data; skip, visibly, if its figures are not known.

    Another copy of a data set may be right and have other rows: `test_invariants.py` checks what
    must hold for any.
    """
    path = data_dir() / name
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    known = {file: digest for digest, file in (line.split() for line in lines)}
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        if _hash_of(file) != known.get(str(file.relative_to(data_dir()))):
            pytest.skip(f"{file.name} is another copy, whose figures are not known")
    return path
