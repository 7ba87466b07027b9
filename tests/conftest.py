"""The settings of all tests."""

from __future__ import annotations

import gc
import signal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from httpx._transports import default
from hypothesis import HealthCheck, settings

# A slow or busy machine is no fault: examples have no time limit. Each run draws other examples.
settings.register_profile("any machine", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background ignores it, and so would every program that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def load_public_certificates_once() -> None:
    """Let all httpx clients share one TLS context: loading the certificates takes longer than most tests."""
    module: Any = default
    create = module.create_ssl_context

    @cache
    def shared() -> Any:
        return create()

    def create_ssl_context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> Any:
        return shared() if verify is True and cert is None else create(verify, cert, trust_env)

    module.create_ssl_context = create_ssl_context


load_public_certificates_once()

TESTS = Path(__file__).parent
# These tests run the code in other processes, or run again what the tests of a package folder run, as do the tests of the sync
# twins. Without the measurement of coverage they take half of the time.
FOLDERS_WITHOUT_COVERAGE = frozenset({"benchmarks", "docs", "fuzz", "generator", "interop", "packaging", "soak", "typing"})
# These tests run programs in Go or open the documentation site, which take minutes to build.
FOLDERS_RUN_BY_NAME = frozenset({"peers", "site"})
# Tests that take many seconds run first: at the end, the other processes would have nothing to do but wait for them.
LONG_MODULES = frozenset(
    {
        "test_distributions.py",
        "test_patterns.py",
        "test_determinism.py",
        "test_spec_edit.py",
        "test_schemathesis.py",
        "test_soak.py",
    }
)
MODULES_WITHOUT_COVERAGE = frozenset({"test_conformance.py", "test_schemathesis.py", "test_pytest_plugin.py"})


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures of the package, if an option kept pytest from loading them before the measurement of coverage began."""
    if not config.pluginmanager.has_plugin("docker_registry_sdk"):
        config.pluginmanager.import_plugin("docker_registry_sdk.testing.pytest_plugin")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the folders of tests that need long builds, unless the command line names them."""
    name = collection_path.name
    left_out = collection_path.parent == TESTS and name in FOLDERS_RUN_BY_NAME and not any(name in one for one in config.args)
    return True if left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the longest tests to the front, and switch off the measurement of coverage for tests that do not need it."""
    items.sort(key=lambda item: item.path.name not in LONG_MODULES)
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if (
            "_sync" in item.path.parts
            or folder in FOLDERS_WITHOUT_COVERAGE
            or item.path.name in MODULES_WITHOUT_COVERAGE
            or "docker-registry" in item.name
        ):
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """Leave the thousands of collected tests out of garbage collection, which would examine them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio."""
    return "asyncio"
