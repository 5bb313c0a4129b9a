"""Networks as Keras models, built by Keras itself, to compare with."""

import keras


def keras_model(layers):
    """Build a Keras model of dense layers, with their weights."""
    parts = [keras.layers.Input((layers[0].n_inputs,))]
    for layer in layers:
        activation = layer.activation
        if activation == "cosine":
            activation = keras.ops.cos
        if activation == "leaky-relu":
            activation = keras.layers.LeakyReLU(negative_slope=layer.slope)
        parts.append(keras.layers.Dense(layer.n_outputs, activation=activation))
    model = keras.Sequential(parts)
    model.set_weights([weights for layer in layers for weights in (layer.kernel, layer.bias)])
    return model
