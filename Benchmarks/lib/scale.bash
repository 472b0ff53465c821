# How cost and memory grow; sourced by Benchmarks/run.
