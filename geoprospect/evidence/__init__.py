"""Evidence layers on one grid, read as one stack."""

from geoprospect.evidence.census import Block
from geoprospect.evidence.context import Context
from geoprospect.evidence.layers import Layer
from geoprospect.evidence.stack import EvidenceStack

__all__ = ["Block", "Context", "EvidenceStack", "Layer"]
