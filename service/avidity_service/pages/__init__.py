"""Pages for people, and things in every format by Accept or suffix."""
