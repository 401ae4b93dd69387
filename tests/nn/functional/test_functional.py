"""Losses and other functions of nn.functional: values and gradients that PyTorch 2.13 computes for the same inputs.

Each row: a call, its inputs, and two numbers per result that change with every element of it: the sum of the value
times wave(..., k=0.8), and for each input the sum of its gradient times wave(..., k=0.9).
"""

import math
import sys

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd import tensor as T


def wave(*shape, k=1.3):
    return np.sin(np.arange(float(math.prod(shape))) * k + 0.5).reshape(shape) * 2


ROWS = [
    (lambda x: F.cross_entropy(x, T(np.array([1, 0, 2]))), [wave(3, 4)], (), 1.4896248045729, [-0.10877078616811]),
    (
        lambda x: F.cross_entropy(x, T(np.array([1, 0, 2])), reduction="none"),
        [wave(3, 4)],
        (3,),
        8.4099872709537,
        [-0.36177331116882],
    ),
    (
        lambda x: F.cross_entropy(x, T(np.array([1, 0, 2])), reduction="sum"),
        [wave(3, 4)],
        (),
        4.4688744137187,
        [-0.32631235850434],
    ),
    (lambda x: F.cross_entropy(x, T(np.array(1))), [wave(4)], (), 0.41912900835544, [-0.30667346615359]),
    (
        lambda x: F.cross_entropy(x, T(np.array(1)), reduction="none"),
        [wave(4)],
        (),
        0.41912900835544,
        [-0.30667346615359],
    ),
    (lambda x: F.cross_entropy(x, T(np.array([1, -100, 2]))), [wave(3, 4)], (), 0.56404704124524, [-0.43775075099064]),
    (
        lambda x: F.cross_entropy(x, T(np.array([1, -100, 2])), reduction="none"),
        [wave(3, 4)],
        (3,),
        1.6956260727421,
        [-1.429438060109],
    ),
    (
        lambda x: F.cross_entropy(x, T(np.array([1, 3, 2])), T(np.array([0.5, 1.0, 2.0, 0.1]))),
        [wave(3, 4)],
        (),
        0.67708477064392,
        [-0.52938323391663],
    ),
    (
        lambda x: F.cross_entropy(
            x, T(np.array([1, 3, 2])), T(np.array([0.5, 1.0, 2.0, 0.1])), ignore_index=3, reduction="mean"
        ),
        [wave(3, 4)],
        (),
        0.61235305220851,
        [-0.48144317926965],
    ),
    (
        lambda x: F.cross_entropy(
            x,
            T(np.array([1, 3, 2])),
            T(np.array([0.5, 1.0, 2.0, 0.1])),
            ignore_index=3,
            reduction="sum",
            label_smoothing=0.2,
        ),
        [wave(3, 4)],
        (),
        2.0914793267449,
        [-1.354194062116],
    ),
    (
        lambda x: F.cross_entropy(
            x, T(np.array([1, 3, 2])), T(np.array([0.5, 1.0, 2.0, 0.1])), ignore_index=3, label_smoothing=0.2
        ),
        [wave(3, 4)],
        (),
        0.69715977558162,
        [-0.45139802070532],
    ),
    (
        lambda x: F.cross_entropy(x, T(np.array([1, 3, 2])), label_smoothing=0.2),
        [wave(3, 4)],
        (),
        1.4023782116092,
        [-0.81017005450793],
    ),
    (
        lambda x: F.cross_entropy(x, T(np.array([1, 3, 2])), label_smoothing=0.2, ignore_index=1, reduction="none"),
        [wave(3, 4)],
        (3,),
        6.7590697299506,
        [-4.4826067345668],
    ),
    (
        lambda x: F.cross_entropy(x, T(np.array([[1, 0], [2, 2]]))),
        [wave(2, 3, 2)],
        (),
        0.66610377762691,
        [-0.40681765366824],
    ),
    (
        lambda x: F.cross_entropy(
            x, T(np.array([[1, 0], [2, -100]])), T(np.array([0.5, 1.0, 2.0])), label_smoothing=0.1
        ),
        [wave(2, 3, 2)],
        (),
        0.95404664544692,
        [-0.40239604600645],
    ),
    (
        lambda x: F.cross_entropy(x, T(np.array([[[1, 0], [2, 2]], [[0, 0], [1, 2]]])), reduction="none"),
        [wave(2, 3, 2, 2)],
        (2, 2, 2),
        -9.3948039506719,
        [-8.0032799925236],
    ),
    (
        lambda x, y: F.cross_entropy(x, y),
        [wave(3, 4), np.abs(wave(3, 4, k=0.4))],
        (),
        11.504507264487,
        [-0.2178036117249, 3.6313702287762],
    ),
    (
        lambda x, y: F.cross_entropy(x, y, T(np.array([0.5, 1.0, 2.0, 0.1])), label_smoothing=0.3),
        [wave(3, 4), np.abs(wave(3, 4, k=0.4))],
        (),
        6.3125798989076,
        [-1.2680077077469, 2.528345571671],
    ),
    (
        lambda x, y: F.cross_entropy(x, y, T(np.array([0.5, 1.0, 2.0])), reduction="none"),
        [wave(2, 3, 2), np.abs(wave(2, 3, 2, k=0.4))],
        (2, 2),
        49.210990368173,
        [9.9013618112355, 6.1819299506999],
    ),
    (
        lambda x, y: F.cross_entropy(x, y, T(np.array([0.5, 1.0, 2.0]))),
        [wave(2, 3, 2), np.abs(wave(2, 3, 2, k=0.4))],
        (),
        8.645511416614,
        [1.9146849413582, 0.49679916662455],
    ),
    (
        lambda x, y: F.cross_entropy(x, y),
        [wave(4), np.abs(wave(4, k=0.4))],
        (),
        14.375274871439,
        [3.8128622940976, 4.9485160941864],
    ),
    (lambda x: F.nll_loss(x, T(np.array([1, 0, 2]))), [wave(3, 4)], (), -0.78430599161596, [-0.058823275284567]),
    (
        lambda x: F.nll_loss(x, T(np.array([1, 3, 2])), T(np.array([0.5, 1.0, 2.0, 0.1])), ignore_index=3),
        [wave(3, 4)],
        (),
        -1.6501293175928,
        [-0.53385471301181],
    ),
    (
        lambda x: F.nll_loss(x, T(np.array([[1, 0], [2, 2]])), reduction="none"),
        [wave(2, 3, 2)],
        (2, 2),
        -7.3628668468054,
        [-3.1125063850652],
    ),
    (
        lambda x: F.nll_loss(x, T(np.array([[[1, 0], [2, 2]], [[0, 0], [1, 2]]])), T(np.array([0.5, 1.0, 2.0]))),
        [wave(2, 3, 2, 2)],
        (),
        0.04247078674713,
        [0.44459421817399],
    ),
    (lambda x: F.nll_loss(x, T(np.array(2))), [wave(3)], (), -0.079739325930399, [-1.4300404919511]),
    (
        lambda x, y: F.binary_cross_entropy(x, y),
        [np.abs(wave(3, 4)) / 2, np.abs(wave(3, 4, k=0.4)) / 2],
        (),
        0.97054397202112,
        [14.232022235012, -0.37105223659577],
    ),
    (
        lambda x: F.binary_cross_entropy(x, T(np.abs(wave(3, 4, k=0.4)) / 2), T(np.abs(wave(4))), reduction="sum"),
        [np.abs(wave(3, 4)) / 2],
        (),
        9.8637902564188,
        [209.96481440078],
    ),
    (
        lambda x, y: F.binary_cross_entropy_with_logits(x, y),
        [wave(3, 4) * 40, np.abs(wave(3, 4, k=0.4)) / 2],
        (),
        23.72602882455,
        [-0.105390690324, 16.446531504226],
    ),
    (
        lambda x, y: F.binary_cross_entropy_with_logits(
            x, y, T(np.abs(wave(3, 1))), pos_weight=T(np.array([0.5, 1.0, 2.0, 3.0]))
        ),
        [wave(3, 4), np.abs(wave(3, 4, k=0.4)) / 2],
        (),
        1.2773599706545,
        [-0.085014539679654, 0.47470390816429],
    ),
    (
        lambda x: F.binary_cross_entropy_with_logits(x, T(np.abs(wave(3, 4, k=0.4)) / 2), reduction="none"),
        [wave(3, 4) * 800],
        (3, 4),
        239.95595738501,
        [2.7280887305701],
    ),
    (
        lambda x, y: F.mse_loss(x, y),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (),
        4.4240733026758,
        [-0.80765498349738, 0.80765498349738],
    ),
    (
        lambda x, y: F.mse_loss(x, y, reduction="none"),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (3, 4),
        28.018265596309,
        [-24.908608398998, 24.908608398998],
    ),
    (
        lambda x, y: F.mse_loss(x, y, weight=T(np.abs(wave(3, 4)))),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (),
        5.2349471205037,
        [-0.96189755625364, 0.96189755625364],
    ),
    (
        lambda x, y: F.l1_loss(x, y),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (),
        1.5478006209367,
        [-0.29840520137149, 0.29840520137149],
    ),
    (
        lambda x, y: F.l1_loss(x, y, reduction="sum"),
        [np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 5.0])],
        (),
        3.8354043088336,
        [0.45975857831719, -0.45975857831719],
    ),
    (
        lambda x, y: F.smooth_l1_loss(x, y, beta=0.7),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (),
        1.2907521974284,
        [-0.16731633778796, 0.16731633778796],
    ),
    (
        lambda x, y: F.smooth_l1_loss(x, y, beta=1.0),
        [np.array([1.0, 2.0, 3.0, -1.0]), np.array([1.0, 1.0, 5.0, 0.0])],
        (),
        0.59928192325525,
        [0.14292569973262, -0.14292569973262],
    ),
    (
        lambda x, y: F.smooth_l1_loss(x, y, beta=0),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (),
        1.5478006209367,
        [-0.29840520137149, 0.29840520137149],
    ),
    (
        lambda x, y: F.huber_loss(x, y, delta=0.7),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (),
        0.90352653819987,
        [-0.11712143645157, 0.11712143645157],
    ),
    (
        lambda x, y: F.huber_loss(x, y, "none", 2.0),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (3, 4),
        11.275254768674,
        [-7.0118068619887, 7.0118068619887],
    ),
    (
        lambda x, y: F.kl_div(x, y, reduction="batchmean"),
        [wave(3, 4), np.abs(wave(3, 4, k=0.4))],
        (),
        1.1163243777165,
        [-0.77785363408311, 2.3364183506394],
    ),
    (
        lambda x: F.kl_div(x, T(np.array([[0.0, 1.0], [0.5, 0.5]])), reduction="sum"),
        [wave(2, 2)],
        (),
        -1.6595996098952,
        [-2.5488472059373],
    ),
    (
        lambda x, y: F.kl_div(x, y, reduction="none", log_target=True),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (3, 4),
        18.423853141189,
        [-51.880376807317, 82.5714617827],
    ),
    (
        lambda x: F.hinge_embedding_loss(x, T(np.array([1.0, -1.0, 1.0, -1.0]))),
        [np.array([0.3, 0.4, 1.5, 2.0])],
        (),
        0.57531064632504,
        [0.11490920248663],
    ),
    (
        lambda x: F.hinge_embedding_loss(x, T(np.array([1.0, -1.0, 1.0, -1.0])), 2.5, reduction="none"),
        [np.array([0.3, 0.4, 1.5, 2.0])],
        (4,),
        7.1634771310753,
        [0.18849616059379],
    ),
    (lambda x: F.multi_margin_loss(x, T(np.array([1, 0, 3]))), [wave(3, 4)], (), 0.80831122571669, [0.29769048307931]),
    (
        lambda x: F.multi_margin_loss(
            x, T(np.array([1, 0, 3])), p=2, margin=0.5, weight=T(np.array([0.5, 1.0, 2.0, 0.1])), reduction="none"
        ),
        [wave(3, 4)],
        (3,),
        5.2316290648345,
        [2.63644764262],
    ),
    (lambda x: F.multi_margin_loss(x, T(np.array(2))), [wave(4)], (), 1.1362921476571, [-0.012721631342557]),
    (
        lambda x: F.multilabel_margin_loss(x, T(np.array([[1, 3, -1, 2], [0, -1, 1, 1], [-1, 0, 0, 0]]))),
        [wave(3, 4)],
        (),
        1.2731427296532,
        [0.39185024839674],
    ),
    (
        lambda x: F.multilabel_margin_loss(
            x, T(np.array([[1, 3, -1, 2], [0, 1, 2, 3], [2, -1, 0, 0]])), reduction="none"
        ),
        [wave(3, 4)],
        (3,),
        2.0625250875886,
        [-0.31152658854368],
    ),
    (
        lambda x: F.multilabel_margin_loss(x, T(np.array([3, 0, -1, 1]))),
        [wave(4)],
        (),
        2.3852425695689,
        [1.2561941972845],
    ),
    (
        lambda x: F.multilabel_soft_margin_loss(x, T(np.array([[1.0, 0.0, 1.0, 0.0]] * 3))),
        [wave(3, 4)],
        (),
        0.90189880499334,
        [-0.13130460932971],
    ),
    (
        lambda x: F.multilabel_soft_margin_loss(
            x, T(np.array([[1.0, 0.0, 1.0, 0.0]] * 3)), T(np.array([0.5, 1.0, 2.0, 0.1])), reduction="none"
        ),
        [wave(3, 4)],
        (3,),
        2.9712974395839,
        [-0.48654961744725],
    ),
    (
        lambda x: F.soft_margin_loss(x, T(np.array([1.0, -1.0, 1.0, -1.0]))),
        [wave(4)],
        (),
        0.76633792703473,
        [0.17483503458383],
    ),
    (
        lambda x, y: F.margin_ranking_loss(x, y, T(np.array([1.0, -1.0, 1.0, -1.0])), 0.3),
        [wave(4), wave(4, k=0.4)],
        (),
        0.7491015623103,
        [-0.11490920248663, 0.11490920248663],
    ),
    (
        lambda x, y: F.cosine_embedding_loss(x, y, T(np.array([1, -1, -1])), 0.1),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (),
        0.31342792846147,
        [-0.53818501411664, -0.25782073095416],
    ),
    (
        lambda x, y: F.cosine_embedding_loss(x, y, T(np.array(1)), reduction="none"),
        [wave(4), wave(4, k=0.4)],
        (),
        0.92321693107757,
        [-0.64316719423234, -0.48893508553376],
    ),
    (
        lambda x: F.poisson_nll_loss(x, T(np.array([0.0, 1.0, 2.0, 5.0]))),
        [wave(4)],
        (),
        4.3769189521398,
        [3.2494635886803],
    ),
    (
        lambda x: F.poisson_nll_loss(x, T(np.array([0.0, 1.0, 2.0, 5.0])), False, True, reduction="none"),
        [np.abs(wave(4))],
        (4,),
        14.897961986717,
        [-62.15803774789],
    ),
    (
        lambda x, y, z: F.gaussian_nll_loss(x, y, z),
        [wave(3, 4), wave(3, 4, k=0.4), np.abs(wave(3, 4, k=0.3))],
        (),
        2.0993545009618,
        [0.23164089733389, -0.23164089733389, -2.4552243203345],
    ),
    (
        lambda x, y, z: F.gaussian_nll_loss(x, y, z, full=True, reduction="none"),
        [wave(3, 4), wave(3, 4, k=0.4), np.abs(wave(3, k=0.3))],
        (3, 4),
        15.346608784816,
        [-8.4712617397811, 8.4712617397811, -18.951038755921],
    ),
    (
        lambda x, y, z: F.gaussian_nll_loss(x, y, z, eps=0.5),
        [wave(3, 4), wave(3, 4, k=0.4), np.abs(wave(3, 1, k=0.3))],
        (),
        1.7964960448904,
        [-0.24935151748057, 0.24935151748057, -1.1431547158072],
    ),
    (
        lambda x, y, z: F.triplet_margin_loss(x, y, z),
        [wave(3, 4), wave(3, 4, k=0.4), wave(3, 4, k=0.3)],
        (),
        1.1225907854096,
        [0.25087808661305, 0.19289279176771, -0.44377087838077],
    ),
    (
        lambda x, y, z: F.triplet_margin_loss(x, y, z, margin=2.0, p=1, swap=True, reduction="none"),
        [wave(3, 4), wave(3, 4, k=0.4), wave(3, 4, k=0.3)],
        (3,),
        23.599338960919,
        [-6.6477845941551, -0.55462578216188, 7.202410376317],
    ),
    (
        lambda x, y, z: F.triplet_margin_with_distance_loss(x, y, z),
        [wave(3, 4), wave(3, 4, k=0.4), wave(3, 4, k=0.3)],
        (),
        1.1225907854096,
        [0.25087808661305, 0.19289279176771, -0.44377087838077],
    ),
    (lambda x: F.normalize(x), [wave(3, 4)], (3, 4), -0.59574197280079, [3.3081793048438]),
    (lambda x: F.normalize(x, p=1, dim=0), [wave(3, 4)], (3, 4), -0.29757792689731, [2.4010302411912]),
    (lambda x: F.normalize(x), [np.array([[0.0, 0.0], [3.0, 4.0]])], (2, 2), 1.418650166721, [4593306050684.3]),
    (
        lambda x, y: F.cosine_similarity(x, y),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (3,),
        -0.22513348180074,
        [-1.8562485204407, -1.525353033771],
    ),
    (lambda x, y: F.cosine_similarity(x, y, dim=0), [np.zeros((2, 2)), wave(2, 2)], (2,), 0.0, [381930463.19907, 0.0]),
    (
        lambda x, y: F.cosine_similarity(x, y, dim=-1),
        [wave(3, 1, 4), wave(2, 4, k=0.4)],
        (3, 2),
        3.1326180446646,
        [-1.0410372249735, 0.23499509680432],
    ),
    (
        lambda x, y: F.pairwise_distance(x, y),
        [wave(3, 4), wave(3, 4, k=0.4)],
        (3,),
        19.126241738601,
        [-0.83891716864261, 0.83891716864261],
    ),
    (
        lambda x, y: F.pairwise_distance(x, y, p=1, keepdim=True),
        [wave(3, 4), wave(4, k=0.4)],
        (3, 1),
        25.335955835474,
        [4.5662178336413, 14.679195705673],
    ),
    (
        lambda x, y, z: F.linear(x, y, z),
        [wave(2, 3, 4), wave(5, 4, k=0.4), wave(5, k=0.3)],
        (2, 3, 5),
        9.0559271173335,
        [19.240546446881, -3.2210613449301, 2.3373448610319],
    ),
    (
        lambda x, y: F.linear(x, y),
        [wave(4), wave(5, 4, k=0.4)],
        (5,),
        5.0321105629159,
        [-4.6151718331164, -2.2201815986033],
    ),
    (
        lambda x, y, z: F.bilinear(x, y, z),
        [wave(2, 3, 4), wave(2, 3, 5, k=0.4), wave(6, 4, 5, k=0.3)],
        (2, 3, 6),
        -48.428041539894,
        [-39.138411007305, -104.71893027784, -59.330724259787],
    ),
    (
        lambda x, y, z: F.scaled_dot_product_attention(x, y, z),
        [wave(2, 3, 4), wave(2, 5, 4, k=0.4), wave(2, 5, 6, k=0.3)],
        (2, 3, 6),
        -5.3404564871479,
        [20.457667248007, 5.4303570056538, 4.3271931180708],
    ),
    (
        lambda x, y, z: F.scaled_dot_product_attention(x, y, z, is_causal=True, scale=0.3),
        [wave(2, 3, 4), wave(2, 5, 4, k=0.4), wave(2, 5, 6, k=0.3)],
        (2, 3, 6),
        3.0633903524613,
        [6.0752536212623, 7.0535057596494, -7.0019030837435],
    ),
    (
        lambda x, y, z: F.scaled_dot_product_attention(x, y, z, attn_mask=T(wave(3, 5, k=0.6))),
        [wave(2, 3, 4), wave(2, 5, 4, k=0.4), wave(2, 5, 6, k=0.3)],
        (2, 3, 6),
        -1.3005517503299,
        [20.681667600096, 5.2482048586599, 5.5554705568025],
    ),
    (
        lambda x, y, z: F.scaled_dot_product_attention(
            x, y, z, attn_mask=T(np.array([[True, False, True], [True, True, False]]))
        ),
        [wave(2, 4), wave(3, 4, k=0.4), wave(3, 6, k=0.3)],
        (2, 6),
        4.7249813570594,
        [24.064687567747, 1.4597517305901, -3.7642337362645],
    ),
    (
        lambda x, y, z: F.scaled_dot_product_attention(
            x, y, z, attn_mask=T(np.array([[True, False, True], [False, False, False]]))
        ),
        [wave(2, 4), wave(3, 4, k=0.4), wave(3, 6, k=0.3)],
        (2, 6),
        -0.76980442263204,
        [22.484160736857, -4.6201439498152, 6.8851810068559],
    ),
    (lambda x: F.rrelu(x), [wave(5)], (5,), 4.8751631145399, [7.5066884429193]),
]


@pytest.mark.parametrize(("function", "inputs", "shape", "value", "slopes"), ROWS)
def test_values_and_gradients_are_pytorchs(function, inputs, shape, value, slopes):
    leaves = [autograd.tensor(x, requires_grad=True) for x in inputs]
    out = function(*leaves)
    assert out.shape == shape
    np.testing.assert_allclose((out.detach().numpy() * wave(*shape, k=0.8)).sum(), value, rtol=1e-11, atol=1e-12)
    (out * T(wave(*shape, k=0.7))).sum().backward()
    for leaf, slope in zip(leaves, slopes, strict=True):
        if slope is None:
            assert leaf.grad is None
        else:
            np.testing.assert_allclose(
                (leaf.grad.numpy() * wave(*leaf.shape, k=0.9)).sum(), slope, rtol=1e-10, atol=1e-11
            )


@pytest.mark.parametrize(("function", "inputs"), [row[:2] for row in ROWS])
def test_float32_stays_float32(function, inputs, monkeypatch):
    def constant(x):
        return autograd.tensor(x.astype(np.float32) if x.dtype.kind == "f" else x)

    monkeypatch.setattr(sys.modules[__name__], "T", constant)
    leaves = [autograd.tensor(x.astype(np.float32), requires_grad=True) for x in inputs]
    out = function(*leaves)
    assert out.dtype == np.float32
    out.sum().backward()
    assert all(leaf.grad is None or leaf.grad.dtype == np.float32 for leaf in leaves)
