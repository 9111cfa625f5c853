"""SQL as pure functions: names and options in, one SELECT out."""
