"""A small study in the layout of the published one, made of random numbers."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from geoprospect.model import Components
from geoprospect.published.tables import COMPONENTS, LAYERS

RAW = [f"X{k}" for k in range(3, 10)]
SCORING = {
    "EXPERIMENT_I": (
        "autoencoder_linear",
        "autoencoder_fine",
        "pretext_linear",
        "pretext_fine",
        "from_scratch",
    ),
    "EXPERIMENT_II": ("regresion_logistica",),
    "EXPERIMENT_III": tuple(f"autoencoder_fine_exp{k}" for k in range(1, 9)),
}


def write_h5(path: Path, widths, activations, *, rate: float = 1e-3, seed: int = 0) -> list:
    """Write a network as Keras 2 does; gives its kernels and biases."""
    rng = np.random.default_rng(seed)
    layers, arrays = [], []
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as store:
        for k, (before, width, activation) in enumerate(
            zip(widths, widths[1:], activations, strict=False)
        ):
            name = f"dense_{k}"
            kernel = rng.normal(size=(before, width)).astype(np.float32)
            bias = rng.normal(size=width).astype(np.float32)
            arrays.append((kernel, bias))
            group = store.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = [f"{name}/kernel:0", f"{name}/bias:0"]
            group[f"{name}/kernel:0"], group[f"{name}/bias:0"] = kernel, bias
            leaky = {"class_name": "LeakyReLU", "config": {"alpha": 0.3}}
            end = leaky if activation == "leaky-relu" else activation
            config = {"name": name, "units": width, "activation": end, "use_bias": True}
            layers.append({"class_name": "Dense", "config": config})
        inputs = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, widths[0]]}}
        store.attrs["model_config"] = json.dumps(
            {"class_name": "Sequential", "config": {"layers": [inputs, *layers]}}
        )
        store.attrs["training_config"] = json.dumps(
            {"optimizer_config": {"config": {"learning_rate": rate}}}
        )
    return arrays


def write_study(home: Path, *, seed: int = 0) -> Path:
    """Write a study like a clone of the repository: tables under Data/, weights under Models/."""
    rng = np.random.default_rng(seed)
    data, models = home / "Data", home / "Models"
    data.mkdir(parents=True)
    raw = rng.normal(size=(60, 7)) * [175, 94, 0.2, 0.1, 0.3, 0.2, 0.2] + [63, 63, 0, 1, 4, 2, 0]
    components = Components.fit(raw, names=LAYERS)
    P = (raw - components.mean) / components.scale @ components.rotation
    label = np.arange(60) % 3 == 0
    P[:, 0] += 2 * label  # so that there is something to learn
    raw = (P @ components.rotation.T) * components.scale + components.mean
    raw[59], P[59], label[59] = raw[57], P[57], label[57]  # a repeated cell
    easting, northing = rng.uniform(2e5, 3e5, 60), rng.uniform(8e5, 9e5, 60)
    easting[58] = northing[58] = 0
    first = pd.DataFrame(raw[:, ::-1], columns=RAW[::-1])
    first.insert(0, "NORTE", northing)
    first.insert(0, "ESTE", easting)
    first.insert(0, "DEP", [f'"{int(value)}"' for value in label])
    first.to_csv(data / "01_Train_VO.csv", index=False, quoting=3)

    def table(rows, labels, field="DEP"):
        frame = pd.DataFrame(rows, columns=COMPONENTS)
        frame.insert(0, field, np.asarray(labels).astype(int))
        return frame

    training = table(P, label)
    training.to_csv(data / "02_Train_PCA.csv", index=False)
    rock = np.repeat(np.arange(3), 10)
    table(rng.normal(size=(30, 7)), rock, "ETIQUETA").to_csv(
        data / "03_Train_Pretext.csv", index=False
    )
    # Five validation points lie in cells of training points: three of them occurrences.
    validation = np.concatenate([P[[0, 3, 6, 1, 2]], rng.normal(size=(11, 7))])
    table(validation, [1, 1, 1, 0, 0] + [1, 0, 1] * 3 + [1, 0]).to_csv(
        data / "04_Validation_Points.csv", index=False
    )
    cells = pd.DataFrame(rng.normal(size=(50, 7)), columns=COMPONENTS)
    cells[list(COMPONENTS[::-1])].to_csv(data / "013_Random.csv", index=False)
    for k in range(1, 9):
        drop = np.flatnonzero(label)[: 2 * k]
        rows = training.drop(index=drop)
        rows.to_csv(data / f"0{4 + k}_exp{k}.csv", sep=";", index=False, lineterminator="\r\n")
    encoder = [7, 100, 8, 6, 4, 2]
    relu = ["relu"] * 5
    for number, (folder, names) in enumerate(SCORING.items()):
        for name in names:
            widths, ends = (
                ([7, 1], ["sigmoid"]) if number == 1 else ([*encoder, 1], [*relu, "sigmoid"])
            )
            tuned = "fine" in name or name == "pretext_linear"
            write_h5(models / folder / f"{name}.h5", widths, ends, rate=1e-5 if tuned else 1e-3)
    mirror = [*encoder, 4, 6, 8, 100, 7]
    pretexts = models / "PRETRAINED_MODELS"
    write_h5(pretexts / "modelo_encoder.h5", mirror, [*relu, *["leaky-relu"] * 5])
    write_h5(pretexts / "modelo_pretext.h5", [*encoder, 5], [*relu, "softmax"])
    return home
