"""Findings of several studies side by side: which are alike, which patients are the same, what they come to together.

A function of rows: REST, the command line and whatever else asks hand in the same request and get the same answer.
"""
