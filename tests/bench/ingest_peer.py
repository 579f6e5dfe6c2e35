#!/usr/bin/python3
"""Reads a CSV file with pandas and prints the processor's seconds that it took, for bench_ingest.

Usage: ingest_peer.py FILE      (prints, after the version, "1.5.3 2.81")
"""
import sys
import time

import pandas

begin = time.process_time()
frame = pandas.read_csv(sys.argv[1], dtype="float32")
seconds = time.process_time() - begin
assert frame.shape[0] > 0
print(pandas.__version__, seconds)
