"""How a client gets in: challenges, scopes, the token dance, and which token services may see a credential."""
