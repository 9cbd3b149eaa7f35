"""Proportions of patients: intervals of one, and a random-effects model of several. Numbers in, numbers out."""
