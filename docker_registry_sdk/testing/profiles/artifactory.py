"""Artifactory."""

from docker_registry_sdk.testing.faults.answers import Answer
from docker_registry_sdk.testing.faults.refusals import Status
from docker_registry_sdk.testing.profiles.effects.changes import ChangeAnswer
from docker_registry_sdk.testing.profiles.profile import Profile, Quirk, always


def _forbid(answer: Answer) -> None:
    answer.status = 403


ARTIFACTORY = Profile(
    name="artifactory",
    quirks=(
        Quirk(
            "missing-manifest-forbidden",
            "A HEAD of a manifest that is not there is answered with 403 instead of 404.",
            "RTFACT-13797",
            (always(ChangeAnswer({404}, _forbid), "head_manifest"),),
        ),
        Quirk(
            "no-post-for-tokens",
            "Tokens are given by GET only: a POST is answered with 401.",
            "containerd, remotes/docker/auth",
            (always(Status(401), "post_token"),),
        ),
    ),
)
