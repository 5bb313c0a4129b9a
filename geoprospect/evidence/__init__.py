"""Evidence layers on one grid, read as one stack."""

from geoprospect.evidence.census import Block
from geoprospect.evidence.layers import Layer
from geoprospect.evidence.stack import EvidenceStack

__all__ = ["Block", "EvidenceStack", "Layer"]
