"""Principal components: a fitted scaler and rotation, applied cell by cell."""

from geoprospect.components.affine import Components

__all__ = ["Components"]
