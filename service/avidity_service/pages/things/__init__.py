"""A thing at its own address: what it is, its evidence, its links, and the same for machines."""
