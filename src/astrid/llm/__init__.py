"""Language models as classifiers, before and after fine-tuning: what the runs leave behind.

Here are the numbers, pictures and files; the models are `astrid.models.causal`, their training is
`astrid.training`, and their explanations are those of every other model. Each file's layout is a
JSON Schema in `schemas/`.
"""
