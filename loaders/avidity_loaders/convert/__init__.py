"""Proven claims, vocabulary, mappings and questions → quads."""

from avidity_loaders.convert.dataset import convert

__all__ = ["convert"]
