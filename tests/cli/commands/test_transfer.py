"""`pull`, `push` and `copy`."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Slow
from tests.cli.conftest import RunCli
from tests.cli.runner import PROGRAM
from tests.support.images import digest_of
from tests.support.skopeo import MultiPlatformImage, read_layout, write_layout


def test_pull_and_push(run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage, tmp_path: Path) -> None:
    done = run_cli("pull", f"{open_registry.host}/team/app:1.0", str(tmp_path / "layout"))
    assert done.code == 0, done
    assert f"digest\t{digest_of(images.index)}" in done.lines
    assert read_layout(tmp_path / "layout") == images.everything
    result = json.loads(run_cli("push", str(tmp_path / "layout"), f"{open_registry.host}/team/other:2.0", "--json").out)
    assert (result["digest"], result["manifests_pushed"]) == (digest_of(images.index), 1 + len(images.manifests))
    assert run_cli("tags", f"{open_registry.host}/team/other").lines == ["2.0"]


def test_pull_of_one_platform(
    run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage, tmp_path: Path
) -> None:
    name = f"{open_registry.host}/team/app"
    assert run_cli("pull", name, str(tmp_path / "layout"), "--platform", "linux/arm64").code == 0
    assert set(read_layout(tmp_path / "layout")) < set(images.everything)
    run_cli("pull", name, str(tmp_path / "other"), "--platform", "arm64").check_failure(2)
    assert "linux/arm64" in run_cli("pull", name, str(tmp_path / "other"), "--platform", "windows/arm64").check_failure(1)[0]


def test_push_one_of_several_images(
    run_cli: RunCli, embedded_registry: EmbeddedRegistry, images: MultiPlatformImage, tmp_path: Path
) -> None:
    write_layout(images, tmp_path / "layout", "one")
    target = f"{embedded_registry.host}/a:b"
    assert run_cli("push", str(tmp_path / "layout"), target, "--tag", "one").code == 0
    run_cli("push", str(tmp_path / "layout"), target, "--tag", "two").check_failure(1)
    run_cli("push", str(tmp_path / "nowhere"), target).check_failure(2)


def test_plan_and_copy(run_cli: RunCli, open_registry: EmbeddedRegistry, images: MultiPlatformImage) -> None:
    with EmbeddedRegistry() as other:
        source, target = f"{open_registry.host}/team/app:1.0", f"{other.host}/mirror/app:1.0"
        plan = run_cli("copy", source, target, "--plan")
        rows = [line.split("\t") for line in plan.lines]
        assert [row[2] for row in rows if row[:2] == ["step", "move"]] == list(images.blobs)
        assert rows[-1] == ["step", "push", digest_of(images.index), str(len(images.index)), images.media_type]
        assert [request for request in other.requests if request.method in ("POST", "PUT", "PATCH")] == []
        planned = json.loads(run_cli("copy", source, target, "--plan", "--json").out)
        assert planned["bytes_to_move"] == sum(map(len, images.blobs.values()))
        assert [step["digest"] for step in planned["steps"]] == [row[2] for row in rows if row[0] == "step"]
        copied = json.loads(run_cli("copy", source, target, "--json").out)
        assert copied["bytes_moved"] == planned["bytes_to_move"]
        again = json.loads(run_cli("copy", source, target, "--json").out)
        assert (again["bytes_moved"], again["manifests_pushed"]) == (0, 0)
        assert run_cli("manifest", target, "--raw").out.encode() == images.index


def test_a_password_is_not_sent_to_two_registries(run_cli: RunCli, open_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    source = f"{open_registry.host}/team/app"
    arguments = ["-u", "ann", "--password-stdin"]
    assert "would be sent to" in run_cli("copy", source, "localhost:1/app", *arguments, stdin="x").check_failure(2)[0]
    assert run_cli("copy", source, f"oci:{tmp_path}/layout:a", *arguments, stdin="x").code == 0
    assert run_cli("copy", f"oci:{tmp_path}/layout:a", f"oci:{tmp_path}/other:b", "--timeout", "5").code == 0


def test_copies_that_fail(run_cli: RunCli, open_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    run_cli("copy", f"{open_registry.host}/team/app:nope", "localhost:1/a").check_failure(3)
    run_cli("copy", f"{open_registry.host}/team/app", "localhost:1/UPPER").check_failure(2)
    run_cli("copy", f"{open_registry.host}/team/app", "localhost:1/a").check_failure(5)
    run_cli("copy", f"oci:{tmp_path}/nowhere", f"{open_registry.host}/a").check_failure(1)
    run_cli("copy", f"{open_registry.host}/team/app", f"docker-archive:{tmp_path}/file").check_failure(1)


def test_a_pull_resumes_after_ctrl_c(
    run_cli: RunCli, big_image: str, embedded_registry: EmbeddedRegistry, tmp_path: Path
) -> None:
    embedded_registry.faults.add(Fault(Slow(300_000), operation="create_blob_read_stream"))
    target = f"{embedded_registry.host}/other:latest"
    before = len(embedded_registry.requests)
    with subprocess.Popen(
        [*PROGRAM, "pull", big_image, str(tmp_path / "layout")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        for _ in range(1000):
            if any((tmp_path / "layout").rglob("*.part")):
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"Interrupted\n")
    assert len(embedded_registry.requests) > before
    embedded_registry.faults.clear()
    assert run_cli("pull", big_image, str(tmp_path / "layout")).code == 0
    assert run_cli("push", str(tmp_path / "layout"), target).code == 0
