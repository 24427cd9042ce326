from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine import Engine
from hypothesis import settings

from flopynet_policy import PolicyClient

# A machine that is busy is no failure.
settings.register_profile("any machine", deadline=None, database=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for all tests that neither stop it nor care what else it has seen."""
    running = Engine(tmp_path_factory.mktemp("engine") / "data")
    yield running
    running.stop()


@pytest.fixture
def client(engine: Engine) -> Iterator[PolicyClient]:
    with PolicyClient(engine.address) as connected:
        yield connected


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[Restartable]:
    """An engine of the test's own."""
    restartable = Restartable(tmp_path / "data")
    yield restartable
    restartable.running.stop()


class Restartable:
    """An engine that comes back on the same port with the same data."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.running = Engine(data_dir)

    @property
    def address(self) -> str:
        return self.running.address

    def start_again(self) -> None:
        self.running = Engine(self._data_dir, grpc_port=self.running.port)

    def start_with_a_new_log(self) -> None:
        self.running.stop()
        self._data_dir = self._data_dir.with_name("other")
        self.start_again()

    def restart(self) -> None:
        self.running.stop()
        self.start_again()

    def crash(self) -> None:
        self.running.kill()
        self.start_again()
