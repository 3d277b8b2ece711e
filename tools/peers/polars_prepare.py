"""What polars does of `bakeoff data describe`: CSV, 5-core to its fixpoint, ids to numbers, by user oldest first,
leave-one-out, written to disk.

Usage: polars_prepare.py FILE
"""

import sys
import tempfile
import time
from pathlib import Path

import polars as pl

K = 5


def core(data):
    while True:
        n_before = data.height
        data = data.filter(
            (pl.len().over("userId") >= K) & (pl.len().over("movieId") >= K)
        )
        if data.height == n_before:
            return data


def main():
    started = time.monotonic()
    data = core(pl.read_csv(sys.argv[1]))
    users = data.select(pl.col("userId").unique(maintain_order=True)).with_row_index("user")
    items = data.select(pl.col("movieId").unique(maintain_order=True)).with_row_index("item")
    data = data.join(users, on="userId").join(items, on="movieId")
    data = data.select("user", "item", pl.col("rating").cast(pl.Float32), "timestamp")
    data = data.sort(["user", "timestamp"], maintain_order=True)
    place = pl.int_range(pl.len()).over("user")
    length = pl.len().over("user")
    data = data.with_columns((length - place).alias("left"), length.alias("length"))
    parts = {
        "test": (pl.col("left") == 1) & (pl.col("length") >= 3),
        "valid": (pl.col("left") == 2) & (pl.col("length") >= 3),
        "train": (pl.col("left") > 2) | (pl.col("length") < 3),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, is_in in parts.items():
            part = data.filter(is_in).drop("left", "length")
            part.write_ipc(Path(folder) / f"{name}.arrow")
            print(name, part.height)
    print(f"{time.monotonic() - started:.2f} s inside")


main()
