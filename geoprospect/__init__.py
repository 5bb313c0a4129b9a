"""Mineral prospectivity maps from evidence rasters by transfer learning."""

import os

# Read when TensorFlow is first imported: no start-up chatter, and sums in the same order on
# every run.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

__version__ = "0.1.0"
