"""Speed, measured as ratios against named baselines in the same run; never asserted by a timed test."""
