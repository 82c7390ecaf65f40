"""Language models that read from left to right, as models that the engine can explain."""
