"""The worlds in which programs run, each with the teacher who knows how."""
