"""The provider that reads files and runs helpers, in async code; `_sync` is generated from it."""
