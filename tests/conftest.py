"""Settings of the whole test run."""

import torch

# Tests run in two processes; more threads than cores slow both down.
torch.set_num_threads(1)
