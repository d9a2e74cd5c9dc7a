"""The bowl and the valley."""

from benchmark_utils.problems import Bowl, Valley
from benchopt import BaseDataset


class Dataset(BaseDataset):
    """A problem by name."""

    name = "textbook"
    parameters = {"problem": ["kappa5", "rosenbrock"]}

    def get_data(self):
        return {"problem": Bowl() if self.problem == "kappa5" else Valley()}
