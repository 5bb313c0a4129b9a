"""The optional products, in the order in which they are made: later ones may read earlier ones."""

from __future__ import annotations

from geoprospect.project.products.applicability import ApplicabilityProduct
from geoprospect.project.products.contributions import ContributionsProduct
from geoprospect.project.products.importance import ImportanceProduct
from geoprospect.project.products.product import OptionalProduct
from geoprospect.project.products.targets import TargetsProduct
from geoprospect.project.products.uncertainty import UncertaintyProduct

_IN_ORDER: tuple[OptionalProduct, ...] = (
    ContributionsProduct(),
    ImportanceProduct(),
    ApplicabilityProduct(),
    UncertaintyProduct(),
    TargetsProduct(),
)

OPTIONAL = {product.name: product for product in _IN_ORDER}
"""Each by the name of its setting under [products]."""
