"""Entry point of the command line, in the package and as `ecommerce-analytics`."""

import sys

from ecommerce_analytics.errors import MissingExtra

_USAGE_ERROR = 2


def main() -> None:
    """Run the command line; without the extra `io`, say so in one line and exit with 2."""
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
        cli.app()
        return
    print(
        "error: the command line needs the extra [io]:"
        f' pip install "ecommerce-analytics[io]" ({missing})',
        file=sys.stderr,
    )
    sys.exit(_USAGE_ERROR)


if __name__ == "__main__":
    main()
