"""A PostgreSQL server of one test session: on loopback, with a password, in a temporary folder."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

SUPERUSER = "owner"
_START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server; each test makes databases and roles of its own."""

    port: int
    password: str

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str = "") -> str:
        """Return the URL of a database, as one passes it to `--to`."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return a connection of the superuser that commits each statement."""
        return psycopg.connect(self.url(database), autocommit=True)


def binaries() -> Path:
    """Return the folder of the newest server; skip the test, visibly, where there is none."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: [int(part) for part in folder.parent.name.split(".")],
    )
    for folder in reversed(folders):
        if (folder / "postgres").exists():
            return folder
    found = shutil.which("postgres")
    if found is None or not (Path(found).parent / "initdb").exists():
        pytest.skip("PostgreSQL is not installed: tools/setup.sh postgresql")
    return Path(found).parent


def _unprivileged() -> str | None:
    """Return who runs the server in the place of root, which it refuses."""
    if os.geteuid() != 0:
        return None
    names = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running() -> Iterator[Server]:
    """Make a cluster, start it, and stop it by the id of its own process."""
    programs = binaries()
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    process = None
    try:
        server = Server(_free_port(), secrets.token_urlsafe(18))
        (folder / "password").write_text(server.password)
        if user is not None:
            for path in (folder, folder / "password"):
                shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
        told = {"cwd": folder, "user": user, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}
        subprocess.run(
            [
                *(programs / "initdb", "--pgdata", folder / "data", "--username", SUPERUSER),
                *("--pwfile", folder / "password", "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            **told,
        )
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(server.port),
            "unix_socket_directories": "",
            "fsync": "off",
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(programs / "postgres", "-D", folder / "data"),
                    *(part for name, text in settings.items() for part in ("-c", f"{name}={text}")),
                ],
                stdout=log,
                stderr=log,
                **told,
            )
        _wait_for(server, process, folder / "log")
        yield server
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # Ends sessions, and does not wait for them.
            process.wait(timeout=30)
        shutil.rmtree(folder)


def _wait_for(server: Server, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.connect().close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")) from None
            time.sleep(0.05)
