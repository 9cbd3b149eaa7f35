"""Our links held against a user's own copy of an ontology: examine the file, read it twice, judge, report, add.

Two readings keep memory bounded: the first keeps ids only, the second whole terms, of those that matter.
"""
