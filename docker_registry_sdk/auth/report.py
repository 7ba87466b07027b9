"""The record of how a client got in, or why it did not: the answer to "why 401?", without any secret."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class AuthReport:
    """What led to the last answer of a registry.

    Attributes:
        registry: The registry's origin.
        credential: Where the credential came from, such as a file and key; None when there is none.
        username: The user's name, where the credential has one.
        challenge: The scheme that the registry asked for; None while it has asked for none.
        realm: The address of the token service.
        service: The service that the challenge names.
        scopes: What was asked for.
        grant: How the token was got, such as `GET with name and password`; None when there is none.
        lifetime: The seconds that the token was to last.
        outcome: How it ended, in words.
    """

    registry: str
    credential: str | None = None
    username: str | None = None
    challenge: str | None = None
    realm: str | None = None
    service: str | None = None
    scopes: tuple[str, ...] = ()
    grant: str | None = None
    lifetime: float | None = None
    outcome: str = "nothing was asked yet"

    def __str__(self) -> str:
        lines = [
            f"registry:   {self.registry}",
            f"credential: {self.credential or self._without}",
            f"challenge:  {self.challenge or 'none'}",
        ]
        if self.username is not None:
            lines.insert(2, f"user:       {self.username}")
        if self.realm is not None:
            lines.append(f"realm:      {self.realm}")
            lines.append(f"service:    {self.service or 'not named'}")
        if self.scopes:
            lines.append(f"scopes:     {' '.join(self.scopes)}")
        if self.grant is not None:
            lasts = "" if self.lifetime is None else f", for {self.lifetime:g} s"
            lines.append(f"token:      {self.grant}{lasts}")
        return "\n".join([*lines, f"outcome:    {self.outcome}"])

    @property
    def _without(self) -> str:
        return "none was looked for" if self.challenge is None else "none was found; the calls are anonymous"
