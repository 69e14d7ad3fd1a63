"""What the benchmarks share: processes, environments of peers, figures and pages."""
