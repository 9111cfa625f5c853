"""An invented world of customers to measure regpipe on, and the yardstick."""
