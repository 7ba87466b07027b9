"""All patterns that are applied to text from outside: each takes time that is proportional to the length of the text."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "docker_registry_sdk"
DIGEST = "sha256:" + "0123456789012345" * 4
UUID = "01234567-8901-2345-6789-012345678901"

# The module and the name of each pattern (or its text, if it has no name), and texts that match.
PATTERNS: dict[tuple[str, str], list[str]] = {
    ("_core.auth.challenge", "_TOKEN"): ["Bearer"],
    ("_core.auth.challenge", "_TOKEN68"): ["YII=="],
    ("_core.auth.challenge", "_PARAMETER"): ["realm \t= \t"],
    ("_core.auth.challenge", "_QUOTED"): ['"a\\"b"'],
    ("_core.auth.challenge", "_SINGLE_QUOTED"): ["'abc' ,", "''"],
    ("_core.auth.challenge", "_UNQUOTED"): ["abc"],
    ("_core.auth.challenge", "_GAP"): [" \t,"],
    ("_core.auth.challenge", "_BLANKS"): [" \t"],
    ("_core.auth.challenge", r"\\(.)"): ["\\a"],
    ("_core.auth.token_service", "_SENDABLE"): ["eyJ"],
    ("_core.blobs.byte_ranges", "_CONTENT_RANGE"): ["bytes 0-12/34", "bytes=0-1/*"],
    ("_core.blobs.byte_ranges", "_UNSATISFIED_RANGE"): ["bytes */12"],
    ("_core.blobs.byte_ranges", "_STRONG_ETAG"): ['"abc"'],
    ("errors.responses", "_TOO_LARGE"): ["too large", "exceeds"],
    ("_core.blobs.upload_session", "_RANGE"): ["bytes=0-12", "0-1"],
    ("_core.names.grammar", "IMAGE_ID"): ["0123456789012345" * 4],
    ("_core.names.grammar", "_COMPONENT"): ["a1.b_c__d--e"],
    ("_core.names.grammar", "TAG"): ["v1.0-a_b"],
    ("_core.names.grammar", "DIGEST"): ["sha256:" + "0123456789012345" * 4, "sha512:" + "0123456789012345" * 8],
    ("_core.names.hosts", "_STRICT_LABEL"): ["a-b1"],
    ("_core.names.hosts", "_LABEL"): ["_a-b1"],
    ("_core.names.hosts", "_NUMBER"): ["12", "0x1F"],
    ("_core.names.hosts", "_IPV6"): ["fe80::1"],
    ("_core.names.hosts", "_PORT"): ["5000"],
    ("_core.text.redaction", "_START"): ["https://", "//"],
    ("_core.text.redaction", "_HOST_AND_PORT"): ["example.com:443", "[::1]:80"],
    ("_core.text.retry_after", "_NUMBER"): ["120", "-1.5"],
    ("_core.wire.failures", "_QUOTED"): [": bytearray(b'abc')"],
    ("_core.wire.json_forms", "_TIMESTAMP"): ["2024-01-02T03:04:05.678Z"],
    ("_core.wire.links", "_BARE_URL"): ["/x", "?x", "https://h.test/x"],
    ("_core.wire.links", "_GAP"): [" ,"],
    ("_core.wire.links", "_NOT_A_LINK"): ["a;b"],
    ("_core.wire.links", "_PARAMETER"): [' ; rel = "a\\"b"', ";rel=next", "; rel='a b' c"],
    ("_core.wire.links", "_PARAMETERS_OF_BARE_URL"): ["; rel =", ";title*="],
    ("_core.wire.links", "_SAYS_NEXT"): ['rel = "prev next', "rel=next"],
    ("_core.wire.links", r"[\s,]+"): [" ,"],
    ("_core.wire.request", "_SEGMENT"): ["a.b:c"],
    ("_core.wire.urls", "_ABSOLUTE"): ["https:"],
    ("_core.wire.urls", "_NOT_IN_A_URL"): ["é", " "],
    ("_core.wire.urls", "[/?#]"): ["/", "?"],
    ("_core.wire.urls", "[/?]"): ["/", "?"],
    ("artifacts.file_paths", "_DEVICE_NAME"): ["CON", "lpt1", "conin$"],
    ("cli.errors", r"pass trusted_realms=\['([^']+)'\]"): ["pass trusted_realms=['a.b']"],
    ("cli.errors", "Choose one of its tags:"): ["Choose one of its tags:"],
    ("cli.errors", "Choose one of its names:"): ["Choose one of its names:"],
    ("cli.errors", "pass a smaller page_size"): ["pass a smaller page_size"],
    ("cli.output", "_DIGEST"): [DIGEST],
    ("client.fallback", "_INVALID_IN_TAGS"): [":"],
    ("_core.wire.status_errors", "_XML_FIELD"): ["<Code>AccessDenied</Code><Message>Request has expired</Message>"],
    ("credentials.registry_keys", "_DEFAULT_PORT"): ["quay.io:443", "[::1]:443"],
    ("client.platforms", "_TEXT"): ["linux/arm64/v8", "windows(10.0)/amd64"],
    ("client.platform_rank", r"v(\d{1,3})(?:\.(\d{1,3}))?"): ["v8.1"],
    ("client.platform_rank", r"\d{1,9}(?:\.\d{1,9}){0,3}"): ["10.0.17763.4974"],
    ("client.target", "_SCHEME"): ["https://"],
    ("client.target", "_PORT"): [":5000"],
    ("credentials.helpers", "_NAME"): ["ecr-login"],
    ("digest", "_VALID"): [DIGEST],
    ("digest", "_ALGORITHM"): ["sha256+b64u.x_y-z"],
    ("digest", "_ENCODED"): ["aB0=_-"],
    ("client.immutable_tags", "_WORDS"): ["immutable", "already exists"],
    ("images.cosign_tags", "_COSIGN_TAG"): [DIGEST.replace(":", "-") + ".sig"],
    ("images.manifest_contents", "_MEDIA_TYPE"): ["application/vnd.oci.image.index.v1+json"],
    ("images.entry_kind", "_BLOB_WORDS"): ["application/vnd.x.layer.v1.tar+gzip"],
    ("images.entry_kind", "_MANIFEST_WORDS"): ["application/vnd.x.manifest.v1+json"],
    ("images.entry_kind", "_ANY_DIGEST"): [DIGEST],
    ("images.location", "_WINDOWS_DRIVE"): ["C:\\"],
    ("images.temporary_files", "_TEMPORARY_NAME"): [".sha256-0123.0123456789ab.tmp"],
    ("legacy_v1.checksum", "_PAYLOAD_CHECKSUM"): [DIGEST],
    ("testing.app", "_AMBIGUOUS_ESCAPE"): ["%5c", "%0a"],
    ("testing.auth.headers", "_HOST"): ["example.com:443", "[::1]:80"],
    ("testing.auth.scopes", "_SCOPE"): ["repository(plugin):example.com:80/a/b:pull,*,push"],
    ("testing.byte_ranges", "_RANGE"): ["0-12", "-12", "3-"],
    ("testing.faults.exchange", "/v2/?"): ["/v2/"],
    ("testing.faults.exchange", "/v2/_catalog"): ["/v2/_catalog"],
    ("testing.faults.exchange", "/v2/.+/tags/list"): ["/v2/a/tags/list"],
    ("testing.faults.exchange", "/v2/.+/blobs/uploads/"): ["/v2/a/blobs/uploads/"],
    ("testing.faults.exchange", "/v2/.+/blobs/uploads/[^/]+"): ["/v2/a/blobs/uploads/b"],
    ("testing.faults.exchange", "/v2/.+/blobs/[^/]+"): ["/v2/a/blobs/b"],
    ("testing.faults.exchange", "/v2/.+/manifests/[^/]+"): ["/v2/a/manifests/b"],
    ("testing.faults.exchange", "/v2/.+/referrers/[^/]+"): ["/v2/a/referrers/b"],
    ("testing.faults.fault", "_UUID"): [UUID],
    ("testing.faults.headers", "_UPLOAD"): ["/v2/a/blobs/uploads/b"],
    ("testing.profiles.distribution_effects", "_UPLOAD"): ["/v2/a/blobs/uploads/b"],
    ("testing.profiles.ecr", "_OBJECT_PATH"): ["/object-store/a"],
    ("testing.profiles.ghcr", "_OPAQUE_BEARER"): ["Bearer YWJj"],
    ("testing.profiles.manifest_effects", "_DIGEST"): ["sha256:" + "0123456789012345" * 4],
    ("testing.profiles.manifest_effects", "/(?:blobs|manifests)/"): ["/blobs/", "/manifests/"],
    ("testing.profiles.others", "_GITLAB_DIGEST_TAG"): ["/v2/a/manifests/sha256-" + "0123456789012345" * 4],
    ("testing.request_log", "_SIGNATURE"): ["signature=abc"],
    ("testing.v1.layers", "_DOCKER_VERSION"): ["docker/1.5"],
    ("testing.v1.layers", "_INTEGER"): [" +12 "],
    ("testing.v1.repositories", "_PRODUCT"): ["docker/1.5 os/linux"],
    ("testing.v1.requests", "_NAMESPACE"): ["a.b"],
    ("testing.v1.requests", "_IMAGE_ID"): ["0123456789012345"],
    ("testing.v1.requests", "_TAG"): ["v1.0"],
    ("testing.v1.tokens", "_FIELD"): ['signature="ab",repository=c'],
    ("testing.v1.users", "_NAME"): ["alice_1"],
    ("testing.v2.listings", "_COUNT"): ["12"],
    ("testing.v2.manifest_formats", "_MEDIA_TYPE"): ["application/vnd.x+json"],
    ("testing.v2.manifest_formats", "_EXTERNAL_LAYER"): ["application/vnd.oci.image.layer.nondistributable."],
    ("testing.v2.names", "_NAME"): ["a1.b_c__d--e/f"],
    ("testing.v2.names", "_TAG"): ["v1.0-a_b"],
    ("testing.v2.names", "[0-9a-f]{64}"): ["0123456789012345" * 4],
    ("testing.v2.names", "[0-9a-f]{128}"): ["0123456789012345" * 8],
    ("testing.v2.request_headers", "_CONTENT_RANGE"): ["0-12"],
}
# Patterns that are not applied to text from outside, and why.
OTHERS = {
    ("cli.operation_call", "_COLLECTION"): "matches the types of generated functions",
    ("_core.transport.no_proxy", "_SEPARATORS"): "splits an environment variable, which is trusted",
    ("_core.transport.no_proxy", "f'{re.escape(begin)}{parts}.*{re.escape(end)}'"): "is made from an environment variable",
    ("testing.faults.tokens", "first_or_later"): "changes the challenges of the embedded registry itself",
    ("testing.faults.fault", "value"): "is the pattern of the test that adds the fault",
}
_FUNCTIONS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
_POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no timer for CPU time")


def patterns_of(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield the name of each pattern in a module, or its text if it has none, and the functions with which it is used."""
    tree = ast.parse(path.read_text())
    methods: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _FUNCTIONS:
            methods.setdefault(node.value.id, set()).add(node.attr)
    names = {
        id(node.value): ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in {f"re.{one}" for one in _FUNCTIONS}:
            continue
        assert isinstance(node.func, ast.Attribute)
        used = {"fullmatch", "match"} if node.func.attr == "compile" else {node.func.attr}
        if node.func.attr == "compile" and id(node) in names:
            name = names[id(node)]
            yield name, methods.get(name, used)
        else:
            text = node.args[0]
            yield (str(text.value) if isinstance(text, ast.Constant) else ast.unparse(text)), used


def all_patterns() -> dict[tuple[str, str], set[str]]:
    """Return the methods with which each pattern of the package is used, by module and name."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_sync" not in path.parts:
            module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
            for name, methods in patterns_of(path):
                found.setdefault((module, name), set()).update(methods)
    return found


def test_the_list_names_all_patterns_of_the_package() -> None:
    assert set(all_patterns()) == set(PATTERNS) | set(OTHERS)


def test_the_re_module_is_used_under_its_own_name_only() -> None:
    """Otherwise this test would not find the patterns."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.ImportFrom) and node.module in ("re", "fnmatch")), path
            assert not (isinstance(node, ast.Import) and any(one.asname and one.name == "re" for one in node.names)), path


def run_patterns(patterns: list[tuple[str, str, list[str], list[str]]]) -> subprocess.CompletedProcess[str]:
    """Run the patterns in another process, which ends early if one of them is not linear."""
    return subprocess.run(
        [sys.executable, "-m", "tests.hostile.patterns"],
        input=json.dumps(patterns) + "\n",
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
        check=False,
    )


@_POSIX_ONLY
def test_patterns_and_parsers_take_linear_time() -> None:
    found = all_patterns()
    patterns = [
        (f"{PACKAGE.name}.{module}", name, sorted(found.get((module, name), ())), examples)
        for (module, name), examples in PATTERNS.items()
    ]
    done = run_patterns(patterns)
    assert done.returncode == 0, f"too slow, or failed: {done.stdout.splitlines()[-1:]} {done.stderr[-2000:]}"
    assert done.stdout.endswith("done\n")


@_POSIX_ONLY
def test_a_quadratic_pattern_is_found() -> None:
    pattern = r"<([^>]*)>"
    done = run_patterns([("re", pattern, ["findall"], ["<a>"])])
    assert done.returncode != 0
    assert pattern in done.stdout.splitlines()[-1]
