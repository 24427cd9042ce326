"""The code on the pages about Python runs as it stands, block after block."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from engine import REPOSITORY, Engine

PAGES = ["clients/python/README.md", "docs/python-client.md", "examples/flower/README.md"]
BLOCKS = [
    (page, block)
    for page in PAGES
    for block in re.findall(
        r"^```python\n(.*?)^```$", (REPOSITORY / page).read_text(encoding="utf-8"), re.M | re.S
    )
]
DOCUMENTED_ADDRESS = "127.0.0.1:50051"
WHAT_THEY_PRINT = [
    "True allowed by rule",
    "'learning_rate':",
    "REQUEST_INVALID ['dst_port']",
    "False\nTrue\n",
    "POLICY_VIOLATION",
    "'client-3': 300.0} ()",
]


@pytest.fixture
def documented_engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path / "data", policy_file=REPOSITORY / "policies/policies.json")


def test_the_pages_run(documented_engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {"__name__": "page"}
    try:
        for page, block in BLOCKS:
            code = block.replace(DOCUMENTED_ADDRESS, documented_engine.address)
            exec(compile(code, page, "exec"), names)
    finally:
        documented_engine.stop()
    printed = capsys.readouterr().out
    assert [text for text in WHAT_THEY_PRINT if text not in printed] == []
