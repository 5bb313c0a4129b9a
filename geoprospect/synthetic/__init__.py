"""A made-up province whose truth is known: evidence, geology, occurrences and their intensity."""

from geoprospect.synthetic.province import Province, province
from geoprospect.synthetic.writing import sample_files, sample_project

__all__ = ["Province", "province", "sample_files", "sample_project"]
