"""The report: one self-contained HTML file that opens without a network."""

from optlab.report.page import write_report as write_report
