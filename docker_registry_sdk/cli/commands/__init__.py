"""The commands, a module for each or for a small family; each module has its `command`."""
