"""The homeworks of well-known courses, reproduced: one short script each.

    hundred_lines.py   the engine without its speed, on NumPy alone                            read this first
    hundred_lines_compared.py    its losses and gradients against the library's

    command.py         the command, and how to write a reproduction; registry.py: which there are
    course.py          what a reproduction is given, and gives back; recipes.py: how most are trained
    page.py            index.html; drawing.py: pictures that several share

    derivations/ hand_derivations.py     gradients by hand, and the usual mistakes in them
    conv_by_hand.py                      a convolution, number by number
    computational_graph.py graph.py      a computation as a graph, read off the tape while it runs, and its picture
    binary.py mnist_softmax.py mnist_mlp.py mnist_cnn.py mnist_cnn_dropout.py fashion_cnn.py ensemble.py    images
    together.py                          networks of an ensemble that are trained as one
    colour_cnn.py colour_images.py       CIFAR-10, or drawn shapes
    own_network.py colour_own.py         a network of one's own, on clothes and on colour images
    tanh_sigmoid_net.py vanishing_sigmoid.py lstm_temporal_order.py    what can be learnt, and what cannot

The rule: a script reads from top to bottom, is run by `python -m benchmarks courses`, and says which figure was
published.
"""
