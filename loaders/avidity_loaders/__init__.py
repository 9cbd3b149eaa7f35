"""Seeds → release: read, prove, convert, infer, check, write.

Nothing here imports the service; the release folder is all that passes between the two.
"""
