"""The options for connecting to a registry, and passwords."""

from __future__ import annotations

from docker_registry_sdk.testing import EmbeddedRegistry
from tests.cli.conftest import RunCli
from tests.cli.runner import run_in_terminal


def test_an_unknown_certificate(run_cli: RunCli) -> None:
    with EmbeddedRegistry(tls=True, host="localhost") as registry:
        _, hint = run_cli("ping", registry.host).check_failure(5)
        assert "--ca-file" in hint
        assert run_cli("ping", registry.host, "--ca-file", str(registry.ca_file)).code == 0
        assert run_cli("ping", registry.host, "--insecure").code == 0


def test_options_reach_the_client(run_cli: RunCli, embedded_registry: EmbeddedRegistry) -> None:
    index = embedded_registry.host
    assert run_cli("ping", index, "--timeout", "30").code == 0
    run_cli("ping", index, "--proxy", "http://127.0.0.1:1").check_failure(5)
    run_cli("ping", index, "--trusted-realm", "no host").check_failure(2)
    run_cli("ping", index, "--timeout", "0").check_failure(2)


def test_the_prompt_does_not_show_the_password(token_registry: EmbeddedRegistry) -> None:
    name = f"{token_registry.host}/team/app"
    done = run_in_terminal("tags", name, "-u", "ann", answers={"Password: ": token_registry.password})
    assert done.code == 0
    assert done.lines[-3:] == ["1.0", "1.1", "latest"]
    assert token_registry.password not in done.out
    assert run_in_terminal("tags", name, "-u", "ann", answers={"Password: ": "wrong"}).code == 4
    assert run_in_terminal("tags", name, "-u", "ann", answers={"Password: ": "\x04"}).code == 2
