"""What operations and their rules do, in words: one sentence each, for the operations that people meet first."""

from __future__ import annotations

FORWARD = {
    "add": "Adds the two, element by element; a smaller one is repeated along the axes that it lacks.",
    "sub": "Subtracts the second from the first, element by element.",
    "mul": "Multiplies the two, element by element.",
    "div": "Divides the first by the second, element by element.",
    "neg": "Turns the sign of every element.",
    "square": "Squares every element.",
    "pow_number": "Raises every element to the same power.",
    "exp": "e to the power of every element.",
    "log": "The natural logarithm of every element.",
    "sqrt": "The square root of every element.",
    "matmul": "The product of matrices: every row of the first times every column of the second.",
    "linear": "A dense layer: every row of the input times every row of the weight, and the bias added.",
    "relu": "Keeps what is positive, and puts 0 in the place of all else.",
    "leaky_relu": "Keeps what is positive, and shrinks what is negative.",
    "sigmoid": "Squeezes every element between 0 and 1.",
    "tanh": "Squeezes every element between -1 and 1.",
    "softmax": "Makes shares of scores: positive numbers that add up to 1 along the axis.",
    "log_softmax": "The logarithm of the shares that softmax makes of scores.",
    "sum": "Adds up the elements along the axes that go away.",
    "mean": "The mean of the elements along the axes that go away.",
    "amax": "The greatest element along the axes that go away.",
    "reshape": "The same elements in the same order, in another shape.",
    "transpose": "The same elements with the axes in another order.",
    "expand": "Repeats the elements along axes of size 1.",
    "getitem": "Picks some of the elements.",
    "cat": "Puts arrays one after the other along an axis.",
    "stack": "Puts arrays beside each other along a new axis.",
    "split": "Cuts an array into parts along an axis.",
    "dropout": "Puts 0 in the place of elements drawn at random, and scales the others up to make good for it.",
    "conv": "Slides every filter over the image, and adds up the products under it at each place.",
    "max_pool": "Keeps the greatest element of each window.",
    "avg_pool": "The mean of each window.",
    "normalise": "Subtracts the mean and divides by the deviation, then scales and shifts.",
    "cross_entropy": "How surprised the scores are by the right class: -log softmax(scores) at the label, averaged.",
    "nll": "Minus the log-probability at the label, averaged.",
    "embedding": "Looks up a row of the table for every number.",
    "detach": "The same values as a constant: no gradient goes back beyond here.",
}

BACK = {
    ("add", "x"): "A sum passes on what arrives, unchanged, to both of its terms.",
    ("add", "y"): "A sum passes on what arrives, unchanged, to both of its terms.",
    ("sub", "x"): "What arrives goes on unchanged to what was subtracted from.",
    ("sub", "y"): "What was subtracted gets what arrives with the sign turned.",
    ("mul", "x"): "How much a factor matters is the other factor: what arrives times the other one.",
    ("mul", "y"): "How much a factor matters is the other factor: what arrives times the other one.",
    ("div", "x"): "What arrives divided by the denominator.",
    ("div", "y"): "A greater denominator makes the quotient smaller: minus what arrives times x / y squared.",
    ("neg", "x"): "What arrives with the sign turned.",
    ("square", "x"): "What arrives times twice the input.",
    ("exp", "x"): "The exponential function is its own slope: what arrives times the output.",
    ("log", "x"): "The slope of the logarithm is one over x: what arrives divided by the input.",
    ("sqrt", "x"): "What arrives divided by twice the output.",
    ("matmul", "x"): "What arrives, carried back through the second matrix turned around.",
    ("matmul", "y"): "The first matrix turned around, times what arrives: it adds up over all rows.",
    ("linear", "x"): "What arrives at each output, carried back along the weights to the inputs that it came from.",
    ("linear", "weight"): "Each weight gets, added up over the examples: what arrives at its output times its input.",
    ("linear", "bias"): "A bias is added to every example, so it gets the sum of what arrives over all examples.",
    ("relu", "x"): "What arrives passes where the input was positive, and stops where it was not.",
    ("sigmoid", "x"): "What arrives times the slope z (1 - z), which is at most a quarter, and nearly 0 far out.",
    ("tanh", "x"): "What arrives times the slope 1 - z squared, which is nearly 0 far out.",
    ("softmax", "x"): "Shares add up to 1: what one gains the others lose, which the subtracted sum accounts for.",
    ("log_softmax", "x"): "What arrives, minus its sum times the shares.",
    ("sum", "x"): "Every element of a sum gets what arrives at the sum.",
    ("mean", "x"): "Every element of a mean gets its share: what arrives divided by their number.",
    ("reshape", "x"): "The same numbers in the shape of the input.",
    ("transpose", "x"): "The same numbers with the axes put back.",
    ("expand", "x"): "Copies add up: what arrives is summed over the copies.",
    ("getitem", "x"): "What arrives goes to the places that were picked, and 0 to all others.",
    ("dropout", "x"): "What arrives passes where the input passed, scaled likewise.",
    (
        "conv",
        "x",
    ): "Each pixel gets what arrives at all places where a filter covered it, times the filter's number there.",
    ("conv", "w"): "Each number of a filter gets, over all places, what arrives there times the pixel under it.",
    ("conv", "bias"): "A bias is added at every place, so it gets the sum of what arrives over all places.",
    ("max_pool", "x"): "What arrives goes to the greatest element of the window, and nothing to the others.",
    ("avg_pool", "x"): "Every element of a window gets an equal share of what arrives.",
    (
        "normalise",
        "",
    ): "What arrives, scaled, without its mean and without the part along the normalised input: these two "
    "are lost because mean and deviation move along with the input.",
    (
        "cross_entropy",
        "x",
    ): "The shares that softmax makes of the scores, minus 1 at the right class: too much is pushed "
    "down, too little up.",
    ("nll", "x"): "Minus the weight at the label, and 0 elsewhere.",
    ("embedding", "weight"): "Each row of the table gets the sum of what arrives wherever it was looked up.",
    ("split", "x"): "What arrives at the parts, put together again.",
    ("cat", ""): "What arrives, cut into the parts again.",
}

ADDS = "The value is used in several places. What comes back from them adds up: that is the chain rule with many paths."
UNBROADCAST = "The input was repeated to fit. Its copies add up: a sum over the axes along which it was repeated."


def words_of(op: str) -> str:
    """What an operation does; "" if nothing has been written about it."""
    return FORWARD.get(op, "")


def words_back(op: str, which: str) -> str:
    """What a rule does. `which`: name of the input, "" for a joint rule."""
    found = BACK.get((op, which))
    if found is None and not which:
        return f"One rule of {op} for all of its inputs: how much of what arrives belongs to each."
    return found or f"The rule of {op} for its input {which}: what arrives, times how much {which} matters."
