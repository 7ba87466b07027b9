"""Images that are pulled, pushed and copied."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from docker_registry_sdk import RegistryClientV2
from docker_registry_sdk._core.blobs.progress import Phase, Progress
from docker_registry_sdk.cli.progress import ProgressTotal
from docker_registry_sdk.testing import EmbeddedRegistry
from docker_registry_sdk.testing.faults import Fault, Slow
from tests.cli.conftest import BIG, Call
from tests.cli.driving import PROGRAM, run, run_in_terminal
from tests.support.images import OCI_MANIFEST, digest_of, make_image, manifest_of
from tests.support.skopeo import Images, read_layout, write_layout


def test_pull_and_push(call: Call, open_registry: EmbeddedRegistry, images: Images, tmp_path: Path) -> None:
    done = call("pull", f"{open_registry.host}/team/app:1.0", str(tmp_path / "layout"))
    assert done.code == 0, done
    assert f"digest\t{digest_of(images.index)}" in done.lines
    assert read_layout(tmp_path / "layout") == images.everything
    result = json.loads(call("push", str(tmp_path / "layout"), f"{open_registry.host}/team/other:2.0", "--json").out)
    assert (result["digest"], result["manifests_pushed"]) == (digest_of(images.index), 1 + len(images.manifests))
    assert call("tags", f"{open_registry.host}/team/other").lines == ["2.0"]


def test_pull_of_one_platform(call: Call, open_registry: EmbeddedRegistry, images: Images, tmp_path: Path) -> None:
    name = f"{open_registry.host}/team/app"
    assert call("pull", name, str(tmp_path / "layout"), "--platform", "linux/arm64").code == 0
    assert set(read_layout(tmp_path / "layout")) < set(images.everything)
    call("pull", name, str(tmp_path / "other"), "--platform", "arm64").failed(2)
    assert "linux/arm64" in call("pull", name, str(tmp_path / "other"), "--platform", "windows/arm64").failed(1)[0]


def test_push_of_one_image_of_several(call: Call, embedded_registry: EmbeddedRegistry, images: Images, tmp_path: Path) -> None:
    write_layout(images, tmp_path / "layout", "one")
    target = f"{embedded_registry.host}/a:b"
    assert call("push", str(tmp_path / "layout"), target, "--tag", "one").code == 0
    call("push", str(tmp_path / "layout"), target, "--tag", "two").failed(1)
    call("push", str(tmp_path / "nowhere"), target).failed(2)


def test_plan_and_copy(call: Call, open_registry: EmbeddedRegistry, images: Images) -> None:
    with EmbeddedRegistry() as other:
        source, target = f"{open_registry.host}/team/app:1.0", f"{other.host}/mirror/app:1.0"
        plan = call("copy", source, target, "--plan")
        rows = [line.split("\t") for line in plan.lines]
        assert [row[2] for row in rows if row[:2] == ["step", "move"]] == list(images.blobs)
        assert rows[-1] == ["step", "push", digest_of(images.index), str(len(images.index)), images.media_type]
        assert [request for request in other.requests if request.method in ("POST", "PUT", "PATCH")] == []
        planned = json.loads(call("copy", source, target, "--plan", "--json").out)
        assert planned["bytes_to_move"] == sum(map(len, images.blobs.values()))
        assert [step["digest"] for step in planned["steps"]] == [row[2] for row in rows if row[0] == "step"]
        copied = json.loads(call("copy", source, target, "--json").out)
        assert copied["bytes_moved"] == planned["bytes_to_move"]
        again = json.loads(call("copy", source, target, "--json").out)
        assert (again["bytes_moved"], again["manifests_pushed"]) == (0, 0)
        assert call("manifest", target, "--raw").out.encode() == images.index


def test_a_password_does_not_go_to_two_registries(call: Call, open_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    source = f"{open_registry.host}/team/app"
    arguments = ["-u", "ann", "--password-stdin"]
    assert "would be sent to" in call("copy", source, "localhost:1/app", *arguments, stdin="x").failed(2)[0]
    assert call("copy", source, f"oci:{tmp_path}/layout:a", *arguments, stdin="x").code == 0
    assert call("copy", f"oci:{tmp_path}/layout:a", f"oci:{tmp_path}/other:b", "--timeout", "5").code == 0


def test_what_cannot_be_copied(call: Call, open_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    call("copy", f"{open_registry.host}/team/app:nope", "localhost:1/a").failed(3)
    call("copy", f"{open_registry.host}/team/app", "localhost:1/UPPER").failed(2)
    call("copy", f"{open_registry.host}/team/app", "localhost:1/a").failed(5)
    call("copy", f"oci:{tmp_path}/nowhere", f"{open_registry.host}/a").failed(1)
    call("copy", f"{open_registry.host}/team/app", f"docker-archive:{tmp_path}/file").failed(1)


@pytest.fixture
def big(embedded_registry: EmbeddedRegistry) -> str:
    """The name of an image with a layer of 4 MiB."""
    image = make_image()
    with RegistryClientV2(f"{embedded_registry.host}/big") as client:
        client.blob_upload(image.config)
        client.blob_upload(BIG)
        client.put_manifest(manifest_of("oci", image.config, BIG), "latest", media_type=OCI_MANIFEST)
    return f"{embedded_registry.host}/big:latest"


def test_a_bar_on_a_terminal_alone(big: str, embedded_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    slow = Fault(Slow(20_000_000), operation="create_blob_read_stream", times=None)
    embedded_registry.faults.add(slow)
    done = run_in_terminal("copy", big, f"oci:{tmp_path}/one:a", columns=60)
    assert done.code == 0, done
    assert "/4.0 MiB" in done.text
    assert "bytes moved" in done.text
    layer = f"{embedded_registry.host}/big@{digest_of(BIG)}"
    assert "/4.0 MiB" in run_in_terminal("blob", layer, "-o", str(tmp_path / "blob")).text
    embedded_registry.faults.clear()
    quiet = run("copy", big, f"oci:{tmp_path}/three:a")
    assert (quiet.code, quiet.err) == (0, "")


def test_ctrl_c_ends_a_copy(big: str, embedded_registry: EmbeddedRegistry, tmp_path: Path) -> None:
    embedded_registry.faults.add(Fault(Slow(300_000), operation="create_blob_read_stream"))
    target = f"{embedded_registry.host}/other:latest"
    before = len(embedded_registry.requests)
    with subprocess.Popen(
        [*PROGRAM, "pull", big, str(tmp_path / "layout")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
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
    assert run("pull", big, str(tmp_path / "layout")).code == 0
    assert run("push", str(tmp_path / "layout"), target).code == 0


def told(phase: Phase, digest: str, done: int, total: int | None) -> Progress:
    return Progress(phase=phase, digest=digest, bytes=done, total=total)


def test_the_tally() -> None:
    tally = ProgressTotal(None)
    for progress in (told("copy", "a", 5, 10), told("copy", "b", 1, None), told("skip", "c", 9, 9), told("copy", "a", 2, 10)):
        tally.add(progress)
    assert (tally.done, tally.total) == (3, 11)
    fixed = ProgressTotal(20)
    fixed.add(told("download", "a", 5, 10))
    assert (fixed.done, fixed.total) == (5, 20)
