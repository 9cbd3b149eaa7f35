"""Search over things, their other names and outside ids, and the source's own sentences."""
