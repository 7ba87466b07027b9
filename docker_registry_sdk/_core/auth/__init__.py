"""The authorization of requests: challenges, scopes, the token flow, and the token services that may receive a credential."""
