"""The Model Context Protocol: the same answers as REST, for programs that speak with language models."""
