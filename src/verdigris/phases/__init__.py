"""The phases of a deployment, one file each, the same verbs in each (`base`)."""
