"""Pages on which evidence is read: a study, the source with its passages, the contradictions."""
