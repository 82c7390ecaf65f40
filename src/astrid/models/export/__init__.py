"""Classifiers in formats that run without Astrid."""
