"""A file that a visitor sent: what it is, its first rows, and the shop that it becomes.

Nothing of it is written to a disk, and its name is a text for messages, never a path.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from ecommerce_analytics import datasets, extras, files
from ecommerce_analytics.errors import InvalidData

if TYPE_CHECKING:
    import pyarrow

    from ecommerce_analytics.datasets.dataset import Dataset
    from ecommerce_analytics.datasets.table_file import FileFormat

__all__ = ["DELIMITERS", "MAX_MEGABYTES", "Upload"]

#: Largest file that is taken.
MAX_MEGABYTES: Final = 200

#: What may stand between the cells of a CSV file, by its name.
DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}

#: What an export of a shop is read by.
_EXPORTS: Final[Mapping[str, Callable[..., Dataset]]] = {
    "shopify": datasets.load_shopify,
    "woocommerce": datasets.load_woocommerce,
}
# Columns that tell whose export it is.
_MARKS: Final = {
    "shopify": {"name", "financial status", "lineitem quantity", "lineitem price"},
    "woocommerce": {"order_id", "item_quantity", "item_total", "order_total"},
}
_MAX_UNPACKED: Final = 2 << 30  # Of a workbook or a Parquet file, which are packed.
_MAX_NAME: Final = 80


@dataclass(frozen=True)
class Upload:
    """A file that was sent.

    Attributes
    ----------
    told_name : str
        What the sender calls it.
    data : bytes
        All of it.
    """

    told_name: str
    data: bytes

    @property
    def name(self) -> str:
        """Its name, without folders and what cannot be printed, of at most 80 characters."""
        last = PurePosixPath(self.told_name.replace("\\", "/")).name
        plain = "".join(char for char in last if char.isprintable())
        return plain[-_MAX_NAME:] or "file"

    @cached_property
    def key(self) -> str:
        """What tells it from other files."""
        return hashlib.sha256(self.data).hexdigest()[:16]

    @cached_property
    def file_format(self) -> FileFormat:
        """What it is, by its bytes, whatever its name says."""
        if self.data.startswith(b"PAR1"):
            return "parquet"
        return "xlsx" if self.data.startswith(b"PK\x03\x04") else "csv"

    @cached_property
    def delimiter(self) -> str:
        """Name of what seems to stand between the cells: what parts the header most often."""
        header = self.data[:65_536].decode("utf-8", "replace").lstrip("\ufeff").splitlines()[:1]
        counts = {
            name: len(next(csv.reader(header, delimiter=mark), []))
            for name, mark in DELIMITERS.items()
        }
        return max(counts, key=lambda name: counts[name])

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """Names of the sheets with rows of a workbook."""
        if self.file_format != "xlsx":
            return ()
        self._refuse_bomb()
        return tuple(files.read_xlsx(self.source()))

    def source(self) -> files.SourceFile:
        """Return what the readers take."""
        return files.SourceFile(self.name, self.data)

    def table(self, **reading: Any) -> pyarrow.Table:
        """Return all columns as they are, for `datasets.suggest_mapping` and to look at.

        Raises
        ------
        Error
            As `datasets.read_table`.
        """
        self._refuse_bomb()
        return datasets.read_table(self.source(), file_format=self.file_format, **reading)

    def dataset(self, mapping: Mapping[str, Any], **reading: Any) -> Dataset:
        """Return the order lines under a mapping.

        Raises
        ------
        Error
            As `datasets.load_table`.
        """
        self._refuse_bomb()
        if self.file_format == "csv":
            # Nothing lies beside it that would say so.
            reading.setdefault("spreadsheet_safe", False)
        return datasets.load_table(self.source(), mapping, file_format=self.file_format, **reading)

    def shop_of(self, names: Collection[str]) -> str | None:
        """Return whose export of orders it seems to be, by the names of its columns."""
        if self.file_format != "csv":
            return None
        told = {name.strip().lower() for name in names}
        return next((shop for shop, marks in _MARKS.items() if marks <= told), None)

    def export(self, shop: str, **reading: Any) -> Dataset:
        """Return the orders of a shop's export.

        Raises
        ------
        Error
            As `datasets.load_shopify` and `datasets.load_woocommerce`.
        """
        return _EXPORTS[shop](self.source(), **reading)

    def _refuse_bomb(self) -> None:
        if self.file_format == "parquet":
            self._refuse_large_parquet()
        if self.file_format != "xlsx":
            return
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as book:
                size = sum(entry.file_size for entry in book.infolist())
        except zipfile.BadZipFile:
            return  # The reader of workbooks says it better.
        if size > _MAX_UNPACKED:
            raise InvalidData("the workbook is too large once it is unpacked", file=self.name)

    def _refuse_large_parquet(self) -> None:
        pa = extras.require("io", "pyarrow")
        try:
            told = extras.require("io", "pyarrow.parquet").read_metadata(io.BytesIO(self.data))
        except (pa.ArrowException, OSError):
            return  # The reader of tables says it better.
        groups = (told.row_group(place) for place in range(told.num_row_groups))
        if sum(group.total_byte_size for group in groups) > _MAX_UNPACKED:
            raise InvalidData("the Parquet file is too large once it is unpacked", file=self.name)
