"""The published study: its tables and weights, and its experiments run again."""

from geoprospect.published.audit import StudyAudit
from geoprospect.published.figures import MethodResult, Trial
from geoprospect.published.maps import StudyMap
from geoprospect.published.reproduction import Reproduction, reproduce
from geoprospect.published.tables import Study
from geoprospect.published.weights import model_from_weights, read_published

__all__ = [
    "MethodResult",
    "Reproduction",
    "Study",
    "StudyAudit",
    "StudyMap",
    "Trial",
    "model_from_weights",
    "read_published",
    "reproduce",
]
