"""A project: its file, its inputs, and what is done with them."""

from geoprospect.project.file import Project

__all__ = ["Project"]
