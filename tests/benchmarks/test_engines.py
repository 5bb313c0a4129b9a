"""Engines that could run the forward pass of a map, on the same cells and two threads.

Each gets the evidence as the map has it, layer by layer, and gives scores; the study's network,
PCA folded in. `pip install "geoprospect[benchmark]"` installs those the map does not use.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf
from mapjobs import network
from threadpoolctl import threadpool_limits

from geoprospect.network.compiled import CompiledPass

pytestmark = pytest.mark.benchmark

CELLS = 2**22
THREADS = 2
REPEATS = 3
NETWORK = network(0)
EVIDENCE = np.random.default_rng(0).normal(size=(7, CELLS)).astype(np.float32)


def layers():
    return [(layer.kernel, layer.bias) for layer in NETWORK.layers]


def compiled():
    engine = CompiledPass([NETWORK], np.zeros(7, np.float32), np.zeros((7, 2), np.float32))

    def score(part):
        bands = np.empty((1, part.shape[1]), np.float32)
        engine.score(part, bands, nodata=-1)
        return bands[0]

    return in_threads(score)


def blas():
    return in_threads(lambda part: NETWORK.predict(part.T)[:, 0])


def onnx_runtime():
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes, constants, name = [], [], "x"
    for k, (kernel, bias) in enumerate(layers()):
        constants += [
            onnx.numpy_helper.from_array(kernel, f"w{k}"),
            onnx.numpy_helper.from_array(bias, f"b{k}"),
        ]
        nodes.append(helper.make_node("Gemm", [name, f"w{k}", f"b{k}"], [f"z{k}"]))
        last = k == len(NETWORK.layers) - 1
        name = "y" if last else f"h{k}"
        nodes.append(helper.make_node("Sigmoid" if last else "Relu", [f"z{k}"], [name]))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", kind, ["n", 7])],
        [helper.make_tensor_value_info("y", kind, ["n", 1])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = runtime.InferenceSession(model.SerializeToString(), options)

    def score(evidence):
        parts = tiles(evidence)
        return np.concatenate([session.run(None, {"x": part})[0][:, 0] for part in parts])

    return score


def openvino():
    ov = pytest.importorskip("openvino", reason="openvino is not installed")
    ops = ov.opset13
    rows = ops.parameter([-1, 7], np.float32)
    node = rows
    for k, (kernel, bias) in enumerate(layers()):
        node = ops.add(ops.matmul(node, ops.constant(kernel), False, False), ops.constant(bias))
        node = ops.sigmoid(node) if k == len(NETWORK.layers) - 1 else ops.relu(node)
    settings = {"INFERENCE_NUM_THREADS": THREADS, "INFERENCE_PRECISION_HINT": "f32"}
    run = ov.Core().compile_model(ov.Model([node], [rows]), "CPU", settings)
    return lambda evidence: np.concatenate([run(part)[0][:, 0].copy() for part in tiles(evidence)])


def xla():
    constants = [(tf.constant(kernel), tf.constant(bias)) for kernel, bias in layers()]

    @tf.function(jit_compile=True)
    def score(X):
        for kernel, bias in constants[:-1]:
            X = tf.nn.relu(X @ kernel + bias)
        return tf.sigmoid(X @ constants[-1][0] + constants[-1][1])[:, 0]

    return lambda evidence: np.concatenate([score(part).numpy() for part in tiles(evidence)])


def tiles(evidence, size=2**16):
    """Give the cells as rows, as these engines want them, in parts of one size."""
    for start in range(0, evidence.shape[1], size):
        yield np.ascontiguousarray(evidence[:, start : start + size].T)


def in_threads(score):
    def both(evidence):
        parts = [np.ascontiguousarray(part) for part in np.array_split(evidence, THREADS, axis=1)]
        with threadpool_limits(1), ThreadPoolExecutor(THREADS) as pool:
            return np.concatenate(list(pool.map(score, parts)))

    return both


ENGINES = {
    "numba, one loop over tiles (the map's)": compiled,
    "NumPy, BLAS over tiles (small maps')": blas,
    "ONNX Runtime": onnx_runtime,
    "OpenVINO": openvino,
    "XLA": xla,
}


def test_the_compiled_loop_is_the_fastest_engine():
    speeds, reference = {}, None
    for name, build in ENGINES.items():
        try:
            score = build()
        except pytest.skip.Exception as reason:
            print(f"{name}: {reason}")
            continue
        scores = score(EVIDENCE)  # the first call compiles
        reference = scores if reference is None else reference
        np.testing.assert_allclose(scores, reference, atol=1e-5)
        seconds = []
        for _ in range(REPEATS):
            started = time.perf_counter()
            score(EVIDENCE)
            seconds.append(time.perf_counter() - started)
        speeds[name] = CELLS / 1e6 / min(seconds)
    print("\nForward pass, two threads, million cells a second")
    for name, speed in speeds.items():
        print(f"  {name:<42} {speed:6.1f}")
    assert max(speeds, key=speeds.get) == next(iter(ENGINES))
    assert next(iter(speeds.values())) >= 15
