"""The registry: its file, its lock, its migrations and its only writer."""
