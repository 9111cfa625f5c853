"""Where rows live: the Engine protocol, and DuckDB behind it."""
