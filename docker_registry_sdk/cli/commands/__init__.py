"""The commands. `main.COMMANDS` maps each command to its module: the command `tags` is `tags_command` in `repository`."""
