"""The tables of quirks in the pages of registries, made from the profiles of the embedded registry."""

from __future__ import annotations

import re

from docker_registry_sdk.testing.profiles.profile import find_profile

# A comment in a page, `<!-- quirks of ghcr -->`, that the table of a profile replaces.
MARK = re.compile(r"^<!-- quirks of ([\w.-]+) -->$", re.MULTILINE)
# The repositories of the short names in sources such as `regclient#272`.
_REPOSITORIES = {
    "dxf": "davedoesdev/dxf",
    "ggcr": "google/go-containerregistry",
    "ghcr-cleanup-action": "dataaxiom/ghcr-cleanup-action",
    "harbor": "goharbor/harbor",
    "hub-feedback": "docker/hub-feedback",
    "kaniko": "GoogleContainerTools/kaniko",
    "opa": "open-policy-agent/opa",
    "oras": "oras-project/oras",
    "oras-go": "oras-project/oras-go",
    "oras-java": "oras-project/oras-java",
    "regclient": "regclient/regclient",
    "renovate": "renovatebot/renovate",
    "rust-oci-client": "oras-project/rust-oci-client",
    "sdk-container-builds": "dotnet/sdk-container-builds",
    "skopeo": "containers/skopeo",
    "zot": "project-zot/zot",
}
_ISSUE = re.compile(r"([\w.-]+(?:/[\w.-]+)?)#(\d+)")
_PAGE = re.compile(r"(?<![\w/.])(?:[a-z]+\.)+com/\S+")


def with_tables(text: str) -> str:
    """Return the Markdown of a page, with a table for each comment that names a profile.

    Args:
        text: The Markdown.
    """
    return MARK.sub(lambda mark: quirks_table(mark[1]), text)


def quirks_table(profile: str) -> str:
    """Return a table of the quirks of a registry.

    Args:
        profile: The name of the profile of the embedded registry.
    """
    rows = (f"| {_cell(quirk.text)} | {with_links(_cell(quirk.source))} |" for quirk in find_profile(profile).quirks)  # type: ignore[arg-type]
    return "\n".join(["| what the registry does | source |", "|---|---|", *rows])


def with_links(source: str) -> str:
    """Return the source of a quirk, with links to issues and pages.

    Args:
        source: The source, such as `regclient#272, ggcr#794`.
    """

    def issue(found: re.Match[str]) -> str:
        repository = _REPOSITORIES.get(found[1], found[1])
        return f"[{found[0]}](https://github.com/{repository}/issues/{found[2]})" if "/" in repository else found[0]

    return _PAGE.sub(lambda page: f"[{page[0]}](https://{page[0]})", _ISSUE.sub(issue, source))


def _cell(text: str) -> str:
    return re.sub(r"<(\w+)>", r"&lt;\1&gt;", text).replace("|", "\\|")
