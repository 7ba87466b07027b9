"""The command line. Modules import the library inside functions, so that `--help` and usage errors are fast."""
