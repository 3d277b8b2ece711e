"""The functions of crates/bakeoff-runner/examples/search_quality/functions.rs: how Optuna is asked for a configuration of
each, and its loss. `optuna_quality.py --verify` holds them against the losses that the Rust side prints."""

import math


def branin_space(trial):
    return {"x0": trial.suggest_float("x0", -5.0, 10.0), "x1": trial.suggest_float("x1", 0.0, 15.0)}


def branin(params):
    x, y = params["x0"], params["x1"]
    bowl = (y - 5.1 / (4.0 * math.pi**2) * x * x + 5.0 / math.pi * x - 6.0) ** 2
    return bowl + 10.0 * (1.0 - 1.0 / (8.0 * math.pi)) * math.cos(x) + 10.0


def hartmann6_space(trial):
    return {f"x{i}": trial.suggest_float(f"x{i}", 0.0, 1.0) for i in range(6)}


ALPHA = [1.0, 1.2, 3.0, 3.2]
A = [
    [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
    [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
    [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
    [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]


def hartmann6(params):
    x = [params[f"x{i}"] for i in range(6)]
    distances = [sum(a * (x - p) ** 2 for a, p, x in zip(A[i], P[i], x)) for i in range(4)]
    return -sum(alpha * math.exp(-distance) for alpha, distance in zip(ALPHA, distances))


def rosenbrock4_log_space(trial):
    scale = trial.suggest_float("scale", 0.01, 100.0, log=True)
    return {"scale": scale} | {f"x{i}": trial.suggest_float(f"x{i}", -2.0, 2.0) for i in range(3)}


def rosenbrock4_log(params):
    x = [math.log10(params["scale"])] + [params[f"x{i}"] for i in range(3)]
    return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in zip(x, x[1:]))


def optimizers_space(trial):
    optimizer = trial.suggest_categorical("optimizer", ["adam", "sgd", "adagrad"])
    params = {"optimizer": optimizer, "weight_decay": trial.suggest_float("weight_decay", 1e-8, 1e-1, log=True)}
    if optimizer == "adam":
        params["adam_rate"] = trial.suggest_float("adam_rate", 1e-5, 1e-1, log=True)
        params["beta"] = trial.suggest_float("beta", 0.5, 0.999)
    elif optimizer == "sgd":
        params["sgd_rate"] = trial.suggest_float("sgd_rate", 1e-4, 10.0, log=True)
        params["momentum"] = trial.suggest_float("momentum", 0.0, 0.99)
        params["nesterov"] = trial.suggest_categorical("nesterov", ["yes", "no"])
    else:
        params["adagrad_rate"] = trial.suggest_float("adagrad_rate", 1e-4, 1.0, log=True)
    return params


def optimizers(params):
    decay = math.log10(params["weight_decay"])
    if params["optimizer"] == "adam":
        rate = 0.08 * (math.log10(params["adam_rate"]) + 3.0) ** 2
        return 0.15 + rate + 0.5 * (params["beta"] - 0.9) ** 2 + 0.01 * (decay + 6.0) ** 2
    if params["optimizer"] == "sgd":
        step = math.log10(params["sgd_rate"]) - math.log10(1.0 - params["momentum"])
        plain = 0.0 if params["nesterov"] == "yes" else 0.02
        return 0.1 + 0.15 * step**2 + plain + 0.02 * (decay + 4.0) ** 2
    rate = math.log10(params["adagrad_rate"])
    return 0.2 + 0.05 * (rate + 1.5) ** 2 + 0.01 * (decay + 5.0) ** 2


def network_space(trial):
    return {
        "n_layers": trial.suggest_int("n_layers", 1, 6),
        "hidden": trial.suggest_int("hidden", 8, 1024, log=True),
        "activation": trial.suggest_categorical("activation", ["relu", "tanh", "gelu", "sigmoid"]),
        "norm": trial.suggest_categorical("norm", ["none", "layer", "batch"]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.8, step=0.05),
        "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128, 256, 512]),
        "learning_rate": trial.suggest_float("learning_rate", 1e-5, 1.0, log=True),
    }


def network(params):
    layers, width, batch = params["n_layers"], math.log2(params["hidden"]), params["batch_size"]
    activation = {"relu": 0.1, "tanh": 0.25, "gelu": 0.0, "sigmoid": 0.2 * layers}[params["activation"]]
    norm = {"none": 0.1 * (layers - 1.0), "layer": 0.0, "batch": 0.3 if batch < 128 else 0.05}[params["norm"]]
    size = width + layers - 10.0
    dropout = (params["dropout"] - (0.3 + 0.08 * size)) ** 2
    best_rate = -2.5 - 0.2 * size + 0.3 * (math.log2(batch) - 7.0)
    rate = (math.log10(params["learning_rate"]) - best_rate) ** 2
    return activation + norm + 0.05 * size**2 + 0.03 * (layers - 3.0) ** 2 + 1.5 * dropout + 0.2 * rate


def surface_space(trial):
    return {
        "learning_rate": trial.suggest_float("learning_rate", 1e-5, 1.0, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-8, 1.0, log=True),
        "embedding_dim": trial.suggest_int("embedding_dim", 4, 512, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.9),
    }


def surface(params):
    rate, decay = math.log10(params["learning_rate"]), math.log10(params["weight_decay"])
    width = math.log2(params["embedding_dim"])
    best_rate = -1.6 - 0.2 * width
    if rate > best_rate + 1.2:
        return 1.0
    learned = 1.0 / (1.0 + ((rate - best_rate) / 0.7) ** 2)
    regularized = math.exp(-(((decay + 7.0 - 0.5 * width) / 2.0) ** 2))
    capacity = 1.0 - math.exp(-0.45 * width)
    kept = 1.0 - (params["dropout"] - 0.05 * width) ** 2
    return 1.0 - learned * (0.6 + 0.4 * regularized) * capacity * kept


FUNCTIONS = {
    "branin": (branin_space, branin),
    "hartmann6": (hartmann6_space, hartmann6),
    "rosenbrock4_log": (rosenbrock4_log_space, rosenbrock4_log),
    "optimizers": (optimizers_space, optimizers),
    "network": (network_space, network),
    "surface": (surface_space, surface),
}
