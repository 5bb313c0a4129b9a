"""The fitted model: components, members and all that is known of where they came from."""

from geoprospect.model.components import Components
from geoprospect.model.forwardpass import ForwardPass
from geoprospect.model.model import ProspectivityModel

__all__ = ["Components", "ForwardPass", "ProspectivityModel"]
