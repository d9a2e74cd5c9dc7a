"""Results folders side by side: what changed from one to another, and whether that is a step back."""

from optlab.comparison.verdict import Against as Against
from optlab.comparison.verdict import Comparison as Comparison
from optlab.comparison.verdict import compare as compare
