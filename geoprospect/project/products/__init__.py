"""Optional products of a run, each a file: made by the run itself, or added to a finished one."""
