"""Project files drafted from folders of survey files."""

from geoprospect.project.drafting.draft import Draft, draft_project

__all__ = ["Draft", "draft_project"]
