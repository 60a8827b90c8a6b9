"""What of the build context a build does without."""
