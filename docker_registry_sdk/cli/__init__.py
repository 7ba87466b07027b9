"""The command line. Its modules import the library inside functions, so that `--help` and mistakes are answered at once."""
