"""The policy and the control of its risk: thresholds, bounds, labels, the blind sample."""
