"""The engine as the tests use it: the built program, in a process of its own, on free ports."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parents[3]
MAIN = Path(os.environ.get("FLOPYNET_ENGINE_MAIN", REPOSITORY / "dist/main.js"))
POLICIES = Path(__file__).with_name("policies.json")
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0


class Engine:
    """A running engine; its log and data stay in `data_dir` when it is stopped."""

    def __init__(
        self,
        data_dir: Path,
        *,
        grpc_port: int = 0,
        policy_file: Path = POLICIES,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        with data_dir.with_suffix(".log").open("ab") as log:
            self._process = subprocess.Popen(
                ["node", str(MAIN)],
                env={
                    "PATH": os.environ["PATH"],
                    "GRPC_PORT": str(grpc_port),
                    "POLICY_PORT": "0",
                    "METRICS_PORT": "0",
                    "POLICY_FILE": str(policy_file),
                    "DATA_DIR": str(data_dir),
                    **(settings or {}),
                },
                stdout=log,
                stderr=subprocess.PIPE,
                text=True,
            )
        self._printed = ""
        self._is_running = threading.Event()
        assert self._process.stderr is not None
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stderr,), daemon=True
        )
        self._reader.start()
        if not self._is_running.wait(START_TIMEOUT_S) or self.port == 0:
            self.kill()
            raise RuntimeError(f"the engine did not start: {self._printed}")

    @property
    def port(self) -> int:
        """Of gRPC."""
        found = re.search(r"gRPC +\S*:(\d+)", self._printed)
        return int(found[1]) if found else 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Lets it drain."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As if the power failed."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait(STOP_TIMEOUT_S)
        self._reader.join()

    def _read(self, stderr: IO[str]) -> None:
        with stderr:
            for line in stderr:
                self._printed += line
                if "Ctrl-C" in line:
                    self._is_running.set()
        self._is_running.set()
