"""The tools that are compared: their commands, and their work beside the transfer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from tests.benchmarks.transfer.figures import OURS

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PEERS = ROOT / ".cache" / "bench"


@frozen
class Job:
    """One transfer.

    Attributes:
        host: Host and port of the registry that is read from or, in an upload, written to.
        repo: The repository there.
        digest: The digest of the blob.
        path: The file to write or to read.
        target_host: Host and port of the registry that is copied to.
        target_repo: The repository there.
    """

    host: str
    repo: str
    digest: str = ""
    path: Path = Path()
    target_host: str = ""
    target_repo: str = ""


@frozen
class Tool:
    """One of the tools compared in a task.

    Attributes:
        name: The name of the tool.
        does: Its work beside the transfer, such as checks.
        command: Returns the command for a job.
        library: Whether it is a library: its command prints how many seconds the call took.
        supplementary: Whether its times are additional information, which takes no part in the comparison.
    """

    name: str
    does: str
    command: Callable[[Job], list[str]]
    library: bool = False
    supplementary: bool = False


def _library(name: str, does: str, command: Callable[[Job], list[str]], *, supplementary: bool = False) -> Tool:
    return Tool(name, does, command, library=True, supplementary=supplementary)


def _shell(script: str, *arguments: str) -> list[str]:
    return ["sh", "-ec", script, "sh", *arguments]


def _ours(*arguments: str) -> list[str]:
    return [str(PEERS / "ours" / "bin" / "python"), "-m", "tests.benchmarks.transfer.ours", *arguments]


def _oras(*arguments: str) -> list[str]:
    return [str(PEERS / "python" / "bin" / "python"), str(HERE / "oras_peer.py"), *arguments]


def _dxf(*arguments: str) -> list[str]:
    return [str(PEERS / "python" / "bin" / "python"), str(HERE / "dxf_peer.py"), *arguments]


def _oras_go(*arguments: str) -> list[str]:
    return [str(PEERS / "go" / "oras"), *arguments]


def _node(*arguments: str) -> list[str]:
    return ["node", str(HERE / "node_peer.js"), *arguments]


_CURL_UPLOAD = """
location=$(curl -sSf -X POST -D - -o /dev/null "$1" | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
curl -sSf -o /dev/null -H 'Content-Type: application/octet-stream' -T "$3" "$location&digest=$2"
"""
_PLAIN = ("--src-tls-verify=false", "--dest-tls-verify=false")

DOWNLOAD = [
    Tool("curl", "checks nothing", lambda job: ["curl", "-sSf", "-o", str(job.path), _blob(job)]),
    _library(
        OURS,
        "checks digest and size; create_client, download_blob",
        lambda job: _ours("download", _repo(job), job.digest, str(job.path)),
    ),
    _library(
        "oras",
        "checks nothing; oras-py's download_blob",
        lambda job: _oras("download", job.host, job.repo, job.digest, str(job.path)),
    ),
    _library(
        "dxf",
        "checks the digest; DXF's pull_blob, written to the file",
        lambda job: _dxf("download", job.host, job.repo, job.digest, str(job.path)),
    ),
    _library(
        "node",
        "checks the digest that the registry names; createBlobReadStream",
        lambda job: _node("download", f"{job.host}/{job.repo}", job.digest, str(job.path)),
    ),
    Tool(
        "oras-go",
        "checks digest and size; `oras blob fetch`",
        lambda job: _oras_go(
            "blob", "fetch", "--plain-http", "--no-tty", "-o", str(job.path), f"{job.host}/{job.repo}@{job.digest}"
        ),
    ),
]

UPLOAD = [
    Tool("curl", "gets the digest; POST, then -T", lambda job: _shell(_CURL_UPLOAD, _uploads(job), job.digest, str(job.path))),
    _library(OURS, "finds the digest itself; create_client, blob_upload", lambda job: _ours("upload", _repo(job), str(job.path))),
    _library(
        f"{OURS}, digest given",
        "gets the digest, and checks it",
        lambda job: _ours("upload", _repo(job), str(job.path), job.digest),
        supplementary=True,
    ),
    _library(
        "oras",
        "finds the digest itself; oras-py's NewLayer, upload_blob",
        lambda job: _oras("upload", job.host, job.repo, str(job.path)),
    ),
    _library("dxf", "finds the digest itself; DXF's push_blob", lambda job: _dxf("upload", job.host, job.repo, str(job.path))),
    _library(
        "node",
        "needs the digest, so the file is hashed first; blobUpload",
        lambda job: _node("upload", f"{job.host}/{job.repo}", str(job.path)),
    ),
    Tool(
        "oras-go",
        "finds the digest itself; `oras blob push`",
        lambda job: _oras_go("blob", "push", "--plain-http", "--no-tty", f"{job.host}/{job.repo}", str(job.path)),
    ),
]

COPY = [
    Tool(
        "skopeo",
        "`skopeo copy`",
        lambda job: ["skopeo", "--insecure-policy", "copy", "-q", *_PLAIN, f"docker://{_image(job)}", f"docker://{_copied(job)}"],
    ),
    _library(OURS, "images.copy", lambda job: _ours("copy", f"http://{_image(job)}", f"http://{_copied(job)}")),
    Tool(
        "oras-go",
        "`oras cp`",
        lambda job: _oras_go("cp", "--from-plain-http", "--to-plain-http", "--no-tty", _image(job), _copied(job)),
    ),
]


def _repo(job: Job) -> str:
    return f"http://{job.host}/{job.repo}"


def _blob(job: Job) -> str:
    return f"http://{job.host}/v2/{job.repo}/blobs/{job.digest}"


def _uploads(job: Job) -> str:
    return f"http://{job.host}/v2/{job.repo}/blobs/uploads/"


def _image(job: Job) -> str:
    return f"{job.host}/{job.repo}:latest"


def _copied(job: Job) -> str:
    return f"{job.target_host}/{job.target_repo}:latest"
