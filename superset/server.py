"""Superset over the published file, on this machine alone, for as long as this program runs.

    .venv-superset/bin/python superset/server.py [--home warehouse] [--manifest target/manifest.json] [--port 8088]

Makes a fresh Superset (metadata in a temporary folder, a new secret and password for every run), imports the bundle and
prints the address. Ctrl-C stops it and removes what it made. tests/bi uses the same `Superset` class.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from types import TracebackType

HERE = Path(__file__).resolve().parent
USER = "admin"
SETUP_SECONDS = 400
START_SECONDS = 120


class NotStarted(RuntimeError):
    """Why there is no server, in a sentence."""


class Superset:
    """A running server; use it as a context manager, so that it stops whatever happens."""

    def __init__(self, published: Path, manifest: Path, port: int = 0) -> None:
        # not resolved: the link is what switches to the next release
        self.published, self.manifest = published.absolute(), manifest.resolve()
        self.port = port
        self.folder = Path(tempfile.mkdtemp(prefix="lending-superset-"))
        self.log = self.folder / "server.log"
        self.password = secrets.token_urlsafe(16)
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SUPERSET", "FLASK", "GUNICORN", "LENDING_", "PYTEST"))
        } | {
            "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
            "SUPERSET_HOME": str(self.folder),
            "LENDING_SUPERSET_HOME": str(self.folder),
            "LENDING_SUPERSET_KEY": secrets.token_urlsafe(42),
            "FLASK_APP": "superset.app:create_app()",
            "SCARF_ANALYTICS": "false",
            "PYTHONWARNINGS": "ignore",
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def bundle(self) -> Path:
        return self.folder / "lending.zip"

    def _run(self, *command: str) -> str:
        """Runs one of the environment's programs; raises NotStarted with the end of its output when it fails."""
        program = [str(Path(sys.executable).parent / command[0]), *command[1:]]
        try:
            done = subprocess.run(
                program,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SETUP_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise NotStarted(f"{command[0]} {command[1]} took more than {late.timeout} seconds.") from None
        if done.returncode != 0:
            raise NotStarted(f"{' '.join(command[:2])} failed:\n{done.stdout[-3000:]}")
        return done.stdout

    def superset(self, *arguments: str) -> str:
        """Superset's own command line, on this server's metadata."""
        return self._run("superset", *arguments)

    def make_bundle(self) -> None:
        paths = ["--manifest", str(self.manifest), "--published", str(self.published), "--output", str(self.bundle)]
        self._run("python", str(HERE / "generate_bundle.py"), *paths)

    def prepare(self) -> None:
        """Metadata, roles, one user and the bundle."""
        if not self.published.is_file():
            raise NotStarted(f"There is no {self.published}. Run make build.")
        self.make_bundle()
        self.superset("db", "upgrade")
        names = ["--firstname", "Local", "--lastname", "Admin", "--email", "admin@localhost"]
        self.superset("fab", "create-admin", "--username", USER, *names, "--password", self.password)
        self.superset("init")
        self.superset("import-dashboards", "--path", str(self.bundle), "--username", USER)

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            # bound here and handed on: nobody else can take a free port in between
            listener.bind(("127.0.0.1", self.port))
            self.port = listener.getsockname()[1]
            program = str(Path(sys.executable).parent / "gunicorn")
            options = ["--workers", "1", "--threads", "6", "--timeout", "120", "--bind", f"fd://{listener.fileno()}"]
            with open(self.log, "wb") as log:
                self.process = subprocess.Popen(
                    [program, *options, "superset.app:create_app()"],
                    env=self.environment,
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=(listener.fileno(),),
                    start_new_session=True,
                )
        finally:
            listener.close()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise NotStarted(f"Superset ended with {self.process.returncode}:\n{self.log_text()}")
            try:
                with urllib.request.urlopen(f"{self.address}/health", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.5)
        raise NotStarted(f"Superset did not answer within {START_SECONDS} seconds:\n{self.log_text()}")

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:] if self.log.is_file() else ""

    def stop(self) -> None:
        """Ends the server with everything it started and removes its folder."""
        if self.process is not None:
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(self.process.pid, number)
                    self.process.wait(timeout=20)
                except ProcessLookupError:
                    break
                except subprocess.TimeoutExpired:
                    continue
            self.process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Superset:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("LENDING_HOME", "warehouse")))
    parser.add_argument("--manifest", type=Path, default=Path("target/manifest.json"))
    parser.add_argument("--port", type=int, default=8088)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("Setting up Superset (about a minute) ...", flush=True)
    try:
        with Superset(arguments.home / "published" / "lending.duckdb", arguments.manifest, arguments.port) as server:
            print(f"{server.address}/superset/dashboard/lending-segments/")
            print(f"user {USER}, password {server.password}; Ctrl-C stops it", flush=True)
            server.process.wait()
    except KeyboardInterrupt:
        return 0
    except (NotStarted, OSError) as reason:
        print(reason, file=sys.stderr)
        return 1
    print("The server ended by itself.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
