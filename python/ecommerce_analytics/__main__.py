"""Entry point of the command line, in the package and as `ecommerce-analytics`."""

import os
import sys
from typing import NoReturn

from ecommerce_analytics import installation
from ecommerce_analytics.errors import MissingExtra

_FAILED = 1
_USAGE_ERROR = 2


def main() -> None:
    """Run the command line; without the extra `io`, say so in one line and exit with 2.

    Also without it, `check` tells what is installed and what is missing, before that line.

    Standard output that takes no more, such as on a full disk, is one line too, and exit code 1.
    """
    try:
        from ecommerce_analytics import cli
    except MissingExtra as error:
        missing: ImportError = error
    except ModuleNotFoundError as error:
        # A module of this package that is missing is a broken installation, not an extra.
        if error.name is None or error.name.split(".")[0] == "ecommerce_analytics":
            raise
        missing = error
    else:
        cli.heed_termination()
        try:
            cli.app()
        except OSError as error:
            # Files have errors of their own, so what has no name is a standard stream.
            if error.filename is not None:
                raise
            _give_up_output(error)
        return
    if sys.argv[1:2] == ["check"]:
        # Needs nothing but numpy: what is missing is what was asked.
        for line in installation.lines(installation.libraries()):
            print(line)
    print(
        "error: the command line needs the extra [io]:"
        f' pip install "ecommerce-analytics[io]" ({missing})',
        file=sys.stderr,
    )
    sys.exit(_USAGE_ERROR)


def _give_up_output(error: OSError) -> NoReturn:
    """Say that standard output takes no more, in one line."""
    # Python would try to write the rest at its end, and complain once more.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    print(f"error: standard output cannot be written: {error.strerror}", file=sys.stderr)
    sys.exit(_FAILED)


if __name__ == "__main__":
    main()
