"""Personality types from what people write: four yes-or-no tasks on one encoder.

A ready use of what Astrid has for any tasks: training (`astrid.training`), evaluation
(`astrid.analysis.task_evaluation`) and explanations are those of every other model. Here are the
letters and the posts.
"""
