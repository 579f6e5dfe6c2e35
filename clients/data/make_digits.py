#!/usr/bin/python3
"""Writes digits-train.csv and digits-test.csv beside this script, from scikit-learn's copy of the
optical digits (Debian: python3-sklearn). The files are kept in the repository; this shows how they
were made and makes them again, byte for byte."""

import csv
from pathlib import Path

from sklearn.datasets import load_digits

FOLDER = Path(__file__).resolve().parent
TEST_EVERY = 5  # rows 5, 10, 15, ... are held out


def write(name, rows):
    header = [f"p{i}" for i in range(64)] + ["digit"]
    with open(FOLDER / name, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    digits = load_digits()
    rows = [[*map(int, pixels), int(label)] for pixels, label in zip(digits.data, digits.target)]
    write("digits-test.csv", rows[TEST_EVERY - 1 :: TEST_EVERY])
    write("digits-train.csv", [row for i, row in enumerate(rows, 1) if i % TEST_EVERY != 0])


if __name__ == "__main__":
    main()
