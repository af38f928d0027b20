"""`ecommerce-analytics forget`: a person out of the files of a run, and of later ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ecommerce_analytics import files
from ecommerce_analytics.cli.screen import count_text, exit_codes, plain_console, printable
from ecommerce_analytics.forget import UnknownCustomer, forget
from ecommerce_analytics.privacy import FORGOTTEN, read_key

UNKNOWN_CUSTOMER = 3


def forget_command(
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Output folder of a run.",
            show_default=False,
        ),
    ],
    customers: Annotated[
        list[str] | None,
        typer.Argument(metavar="CUSTOMER", help="Keys of the customers.", show_default=False),
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Text file with a key a line, so that none stands in the shell's history.",
            show_default=False,
        ),
    ] = None,
    emails: Annotated[
        list[str] | None,
        typer.Option(
            "--email",
            metavar="ADDRESS",
            help="E-mail address of a customer without an id, from Shopify or WooCommerce;"
            " several times for several.",
            show_default=False,
        ),
    ] = None,
    pseudonym_key: Annotated[
        str | None,
        typer.Option(
            "--pseudonymise",
            metavar="KEY",
            help="The secret of the folder's pseudonyms, or @FILE; wanted where it has some.",
            show_default=False,
        ),
    ] = None,
    absent_too: Annotated[
        bool,
        typer.Option("--absent-too", help="Note customers whom no file has, for later runs."),
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Remove them from the tables of the run in this database too: postgresql://…",
            show_default=False,
        ),
    ] = None,
    to_schema: Annotated[
        str | None,
        typer.Option(
            "--schema",
            metavar="NAME",
            help="Schema of the tables; by default that of the run.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Remove customers from the files of a run, and keep them out of those of later runs.

    Sums and pictures stay as they are; a file of the user, the source and a database without --to
    have to be seen to apart. Exit code 3: a customer is in no file, and none was forgotten.
    """
    with exit_codes(codes={UnknownCustomer: UNKNOWN_CUSTOMER}):
        key = None if pseudonym_key is None else read_key(pseudonym_key)
        keys = list(customers or ())
        if from_file is not None:
            keys += [line for line in files.read_text(from_file).split("\n") if line]
        result = forget(
            output,
            keys,
            emails=emails or (),
            pseudonym_key=key,
            absent_too=absent_too,
            to=to,
            to_schema=to_schema,
        )
    console = plain_console()
    console.print(
        f"Newly forgotten: {count_text(result.num_new)};"
        f" keys on the list of {printable(str(result.output))}: {count_text(result.num_listed)}"
    )
    if result.num_absent:
        console.print(
            f"In no file: {count_text(result.num_absent)}; rows that they have under another key"
            " stay there until the next run, or until that key is forgotten"
        )
    for name, count in result.rows.items():
        console.print(f"  {name}: {count_text(count)} rows removed")
    for name, count in result.tables.items():
        console.print(f"  table {name}: {count_text(count)} rows removed")
    console.print(
        "Sums, means and pictures still have them; so do the source, databases without --to,"
        " backups and files of your own. Later runs into the folder leave their rows out:"
        f" {FORGOTTEN}"
    )
