"""What RecBole 1.2.1 does of `bakeoff data describe`: reading, 5-core, ids to numbers, leave-one-out by time.

Usage: recbole_prepare.py FILE

The header is rewritten to RecBole's before the clock starts; importing RecBole is not counted in what is printed.
"""

import sys
import tempfile
import time
from pathlib import Path

from recbole.config import Config
from recbole.data import create_dataset, data_preparation


def main():
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ratings").mkdir()
        with open(sys.argv[1]) as given, open(Path(folder) / "ratings/ratings.inter", "w") as inter:
            given.readline()
            inter.write("userId:token,movieId:token,rating:float,timestamp:float\n")
            while block := given.read(1 << 24):
                inter.write(block)
        settings = dict(
            data_path=folder,
            field_separator=",",
            USER_ID_FIELD="userId",
            ITEM_ID_FIELD="movieId",
            RATING_FIELD="rating",
            TIME_FIELD="timestamp",
            load_col={"inter": ["userId", "movieId", "rating", "timestamp"]},
            user_inter_num_interval="[5,inf)",
            item_inter_num_interval="[5,inf)",
            eval_args={
                "split": {"LS": "valid_and_test"},
                "order": "TO",
                "group_by": "user",
                "mode": "full",
            },
            use_gpu=False,
            show_progress=False,
            state="ERROR",
        )
        config = Config(model="BPR", dataset="ratings", config_dict=settings)
        started = time.monotonic()
        dataset = create_dataset(config)
        data_preparation(config, dataset)
        print(f"{time.monotonic() - started:.2f} s inside, {dataset.inter_num} interactions")


main()
