"""The async provider that reads files and runs helpers. The folder `_sync` is generated from this folder."""
