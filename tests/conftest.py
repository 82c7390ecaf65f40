"""Settings of the whole test run."""

import os

# Tests run in two processes; more threads than cores slow both down. The variable reaches the
# processes that tests start: sums are the same to the last bit only for one number of threads.
os.environ["OMP_NUM_THREADS"] = "1"

import torch

torch.set_num_threads(1)
