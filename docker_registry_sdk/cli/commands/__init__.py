"""The commands. The command `tags` is the object `tags_command` of the module that `main.COMMANDS` names."""
