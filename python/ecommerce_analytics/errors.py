"""The exceptions of the library: one small family, each also the builtin a Python user expects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath


class Error(Exception):
    """Base of all exceptions of the library.

    Parameters
    ----------
    text : str
        What is wrong, always the same words for the same trouble.
    file, row, column, value
        Where it is, as far as it is known; the first row of data is 1.

    Attributes
    ----------
    text, file, row, column, value
        The parameters, None where unknown.
    """

    def __init__(
        self,
        text: str,
        *,
        file: str | PathLike[str] | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.file = None if file is None else fspath(file)
        self.row = row
        self.column = column
        self.value = value

    def __str__(self) -> str:
        message = self.text if self.value is None else f"{self.text}: {self.value}"
        places = []
        if self.file is not None:
            places.append(f'file "{self.file}"')
        if self.row is not None:
            places.append(f"row {self.row}")
        if self.column is not None:
            places.append(f'column "{self.column}"')
        return f"{message} ({', '.join(places)})" if places else message

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuilt, (type(self), self.text, self.file, self.row, self.column, self.value))


def _rebuilt(
    kind: type[Error],
    text: str,
    file: str | None,
    row: int | None,
    column: str | None,
    value: object | None,
) -> Error:
    return kind(text, file=file, row=row, column=column, value=value)


class InvalidArgument(Error, ValueError):
    """An option or an argument is out of its domain."""


class InvalidData(Error, ValueError):
    """A column holds a value that its meaning forbids."""


class SchemaMismatch(Error, ValueError):
    """A column is missing, has another type or another length."""


class IOFailure(Error, OSError):
    """A file or a stream cannot be read or written."""


class MoneyOverflow(Error, OverflowError):
    """An amount or a sum leaves its type."""


class MissingExtra(Error, ImportError):
    """A library of an extra that is not installed."""


@contextmanager
def in_file(path: str | PathLike[str]) -> Iterator[None]:
    """Name `path` in every error of the library that leaves the block without a file."""
    try:
        yield
    except Error as error:
        if error.file is None:
            error.file = fspath(path)
        raise
