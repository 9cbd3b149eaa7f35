"""The page of a question's answer: in counts, as a forest plot, with failures, harms and what is not known."""
