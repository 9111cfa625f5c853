"""The stages of a run, each a module: they ask the engine and give numbers."""
