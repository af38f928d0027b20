"""Settings of the command line: what they are, and which of several places decides.

A flag wins over the environment (``ECOMMERCE_ANALYTICS_RULES``), that over the file ``.env`` of the
working folder, that over a TOML file (``ecommerce-analytics.toml`` of the working folder, or the
one that ``--config`` names), and that over the default. A variable of the environment that is no
setting is none of our business; a name in the TOML file that is none is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ecommerce_analytics import files, layouts, rfm, warehouse
from ecommerce_analytics.civil_time import PeriodName
from ecommerce_analytics.errors import InvalidArgument, InvalidData

__all__ = ["FILE_NAME", "Settings", "Told", "load"]

FILE_NAME = "ecommerce-analytics.toml"
_PREFIX = "ECOMMERCE_ANALYTICS_"

LogFormat: TypeAlias = Literal["text", "json"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error", "off"]


class Settings(BaseSettings):
    """The table of settings; each has the name and the meaning of the flag."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    output: str | None = Field(None, description="folder of the exports of `run`")
    as_of: str | None = Field(None, description="moment, exclusive, from which to look back")
    rules: str = Field("default", description="rule set of the segments")
    period: PeriodName = Field("month", description="span of key figures and cohorts")
    confidence: float = Field(
        0.95, gt=0, lt=1, description="coverage of the intervals of retention rates"
    )
    num_threads: int | None = Field(None, ge=1, le=1024, description="threads that read the rows")
    raw: bool = Field(False, description="write text as it is, without a mark for spreadsheets")
    parquet: bool = Field(False, description="write each table as a Parquet file too")
    xlsx: bool = Field(False, description="write all tables as sheets of one workbook too")
    layout: str | None = Field(
        None, description="write tables under the file names that other projects expect too"
    )
    pseudonym_key: SecretStr | None = Field(
        None, description="secret of the pseudonyms that stand for customers"
    )
    to: SecretStr | None = Field(None, description="URL of a database to write the tables into too")
    to_schema: str = Field(
        warehouse.DEFAULT_SCHEMA, description="schema of the tables in that database, `--schema`"
    )
    log_format: LogFormat = Field("text", description="form of the log: text or json")
    log_level: LogLevel | None = Field(
        None, description="least level of what is logged; by default off for text, info for json"
    )

    @field_validator("rules")
    @classmethod
    def _is_a_rule_set(cls, name: str) -> str:
        if name not in rfm.rule_set_names() and not name.endswith(".toml"):
            raise ValueError(f"must be one of {', '.join(rfm.rule_set_names())}, or a .toml file")
        return name

    @field_validator("layout")
    @classmethod
    def _is_a_layout(cls, name: str | None) -> str | None:
        if name is not None and name not in layouts.LAYOUTS:
            raise ValueError(f"must be one of {', '.join(layouts.LAYOUTS)}")
        return name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read no place: `load` reads them one by one, to know where a value came from."""
        return (init_settings,)


@dataclass(frozen=True)
class Told:
    """The settings, and where each came from.

    Attributes
    ----------
    values : Settings
        The value of each.
    origins : mapping of str to str
        ``environment``, ``.env``, the name of the TOML file, or ``default``.
    """

    values: Settings
    origins: Mapping[str, str]

    def given(self) -> dict[str, Any]:
        """Return those that are not defaults, secrets as they are."""
        values = self.values.model_dump()
        given = {name: values[name] for name, origin in self.origins.items() if origin != "default"}
        return {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in given.items()
        }


def load(config: Path | None = None) -> Told:
    """Read the settings from all places but the flags.

    Parameters
    ----------
    config : pathlib.Path, optional
        TOML file; by default `FILE_NAME` of the working folder, if it is there.

    Raises
    ------
    IOFailure
        The TOML file is absent or cannot be read.
    InvalidData
        The TOML file is none.
    InvalidArgument
        A name in it is no setting, or a value is out of its domain; the error names the place.
    """
    places = [
        ("environment", EnvSettingsSource(Settings)()),
        (".env", DotEnvSettingsSource(Settings, env_file=".env")()),
    ]
    path = config or Path(FILE_NAME)
    if config is not None or path.exists():
        places.append((path.name, _toml(path)))
    told: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "default")
    for origin, values in reversed(places):
        for name, value in values.items():
            if name in origins:
                told[name], origins[name] = value, origin
    return Told(_checked(told, origins), origins)


def _toml(path: Path) -> dict[str, Any]:
    text = files.read_text(path)
    try:
        told: dict[str, Any] = TomlConfigSettingsSource(Settings, path)()
        named = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidData("settings: the file is no TOML", file=path, value=str(error)) from error
    for name in named:
        if name not in Settings.model_fields:
            known = ", ".join(Settings.model_fields)
            raise InvalidArgument(
                f"settings: no setting of this name; there are {known}", file=path, value=name
            )
    return told


def _checked(told: dict[str, Any], origins: Mapping[str, str]) -> Settings:
    try:
        return Settings(**told)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise InvalidArgument(
            f"settings: {name}, from {origins[name]}: {first['msg']}",
            value=None if _is_secret(name) else first["input"],
        ) from None


def _is_secret(name: str) -> bool:
    return SecretStr in get_args(Settings.model_fields[name].annotation)
