"""Special functions at places where they change their formula, at their ends, and where they are tiny.

The kind: a special function that is right in the middle of its domain only. VALUES are mpmath's.
Derivatives are compared with integrals and differences in `tests/cases/special.py`.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd import special
from autograd.errors import NoRuleError, SettingError

VALUES = {
    "i0": {
        0.0: 1.0, 0.3: 1.022626879351597, 2.5: 3.289839144050123, 7.9: 389.406283282158, 8.1: 469.5006067101215,
        30.0: 781672297823.9775, -4.0: 11.30192195213633, 600.0: 6.1463054039368444e+258,
    },
    "i1": {
        0.3: 0.15169384000359276, 2.9: 3.6126072124369073, 3.1: 4.3262060273135985, 7.9: 363.8539440845084, 8.1:
        439.48430891035844, 30.0: 768532038938.957, -4.0: -9.75946515370445, 600.0: 6.141181345066892e+258,
    },
    "modified_bessel_k0": {
        1e-10: 23.14178244559887, 0.3: 1.3724600605442974, 1.9: 0.1288459792760475, 2.1: 0.10078374088996693,
        8.0: 0.0001464707052228154, 50.0: 3.4101677497894956e-23, 600.0: 1.3558285309948523e-262,
    },
    "modified_bessel_k1": {
        1e-10: 10000000000.0, 0.3: 3.055992033457325, 1.9: 0.15966015303266762, 2.1: 0.12274641153350789, 8.0:
        0.00015536921180500115, 50.0: 3.4441022267175555e-23, 600.0: 1.356957918112806e-262,
    },
    "i0e": {
        0.3: 0.7575806251825479, 7.9: 0.14436986414104191, 8.1: 0.14251180948829528, -30.0: 0.0731459464822373,
        1000000.0: 0.00039894233026924577,
    },
    "i1e": {
        0.3: 0.1123775606398388, 7.9: 0.13489649943989376, 8.1: 0.13340068832583662, -30.0:
        -0.07191633059864755, 1000000.0: 0.0003989421307980308,
    },
    "scaled_modified_bessel_k0": {
        1e-10: 23.141782447913048, 1.9: 0.8614506167517558, 2.1: 0.8230171525316621, 50.0: 0.17680715585742934,
        1000000.0: 0.0012533139806513213,
    },
    "scaled_modified_bessel_k1": {
        1e-10: 10000000001.0, 1.9: 1.0674709298145701, 2.1: 1.0023680527405792, 50.0: 0.17856655855881556,
        1000000.0: 0.0012533146073081549,
    },
    "bessel_j0": {
        0.0: 1.0, 0.3: 0.9776262465382961, 2.404825557695773: -6.10876525973673e-17, 3.9: -0.4018260148876399,
        5.5: -0.006843869417819197, 7.9: 0.19436184484127825, -8.1: 0.14751745404437766, 30.5:
        -0.01938975451776215, 1000.5: 0.01948655998713014,
    },
    "bessel_j1": {
        0.3: 0.148318816273104, 3.831705970207512: 1.1736302822728639e-16, 4.9: -0.31469467101519066, 6.5:
        -0.15384130140997185, 7.9: 0.2191793999217512, -8.1: -0.24760776698159287, 30.5: -0.14349430015097095,
        1000.5: 0.016027715373203338,
    },
    "bessel_y0": {
        1e-10: -14.732516272697241, 0.3: -0.8072735778045195, 2.0: 0.5103756726497451, 3.5: 0.1890219439208265,
        5.5: -0.339480592881911, 7.9: 0.20652094814437577, 8.3: 0.2595149637544549, 30.5: -0.14315731617410765,
        1000.5: 0.016017974964604328,
    },
    "bessel_y1": {
        1e-10: -6366197723.675814, 0.3: -2.2931051383885293, 1.5: -0.4123086269739113, 3.5: 0.41018841788751187,
        6.5: -0.27409127395927546, 7.9: -0.18172107728057313, 8.1: -0.13314879595249593, 30.5:
        0.017046142883876455, 1000.5: -0.019478557437521776,
    },
    "airy_ai": {
        0.0: 0.3550280538878172, 0.5: 0.23169360648083348, 3.2: 0.004567439274039819, 3.4:
        0.0031323427799042083, 20.0: 1.6916728686705404e-27, 90.0: 5.715163408001596e-249, -1.0:
        0.5355608832923521, -3.9: -0.14741990564074425, -7.5: 0.3217757163806479, -8.1: -0.14290814709358113,
        -50.0: -0.1618814236123209,
    },
    "spherical_bessel_j0": {
        1e-08: 1.0, 0.5: 0.958851077208406, 1.4: 0.7038926642774715, 1.6: 0.6247335019009407, -20.0:
        0.045647262536381385, 1000000.0: -3.4999350217129296e-07,
    },
    "erfcx": {
        -20.0: 1.0442939379528289e+174, -1.0: 5.008980080762283, 0.3: 0.7345993345676551, 0.6:
        0.567804717386587, 3.9: 0.14031418160068973, 4.1: 0.133834116418652, 50.0: 0.011281536265323773,
        100000000.0: 5.641895835477562e-09,
    },
    "ndtr": {
        -37.0: 5.725571222524577e-300, -8.0: 6.220960574271784e-16, -1.1: 0.13566606094638264, -0.9:
        0.18406012534675947, 0.3: 0.6179114221889527, 5.0: 0.9999997133484281,
    },
    "log_ndtr": {
        -10000.0: -50000010.12927891, -37.0: -689.0305855768906, -1.1: -1.997558846986297, -0.9:
        -1.6924928065613383, 0.3: -0.4814101615884812, 5.0: -2.866516129637636e-07, 9.0:
        -1.1285884059538405e-19,
    },
    "ndtri": {
        1e-300: -37.0470962993612, 1e-10: -6.361340902404057, 0.2: -0.8416212335729142, 0.3:
        -0.5244005127080408, 0.499: -0.002506630899571766, 0.6: 0.2533471031357997, 0.9: 1.2815515655446006,
        0.999999: 4.753424308817087,
    },
    "entr": {
        1e-300: 6.9077552789821376e-298, 0.3: 0.3611918412977808, 1.0000001: -1.0000000505838655e-07, 50.0:
        -195.6011502714073,
    },
}  # fmt: skip

WAVES = {"bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "airy_ai"}
"""Near their zeros these are precise relative to their amplitude."""


@pytest.mark.parametrize("name", VALUES)
def test_values_are_mpmaths(name):
    function, known = getattr(special, name), VALUES[name]
    x, wanted = np.array(list(known)), np.array(list(known.values()))
    got = function(autograd.tensor(x)).numpy()
    amplitude = 1 / np.sqrt(1 + np.abs(x)) if name in WAVES and name != "airy_ai" else 0.0
    amplitude = np.where(x < 0, 0.5, 0.0) if name == "airy_ai" else amplitude
    assert (np.abs(got - wanted) <= 1.2e-15 * np.maximum(np.abs(wanted), amplitude)).all(), got / wanted - 1
    single = function(autograd.tensor(x.astype(np.float32)))
    assert single.dtype == np.float32
    with np.errstate(over="ignore"):
        exact = function(autograd.tensor(x.astype(np.float32).astype(np.float64))).numpy().astype(np.float32)
    np.testing.assert_array_equal(single.numpy(), exact)
    assert function(autograd.tensor([1])).dtype == np.float32


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("i0", [math.inf, math.inf, 1.0]),
        ("i1", [math.inf, -math.inf, 0.0]),
        ("i0e", [0.0, 0.0, 1.0]),
        ("i1e", [0.0, 0.0, 0.0]),
        ("modified_bessel_k0", [0.0, math.nan, math.inf]),
        ("scaled_modified_bessel_k1", [0.0, math.nan, math.inf]),
        ("bessel_j0", [0.0, 0.0, 1.0]),
        ("bessel_j1", [0.0, 0.0, 0.0]),
        ("bessel_y0", [0.0, math.nan, -math.inf]),
        ("airy_ai", [0.0, 0.0, 0.3550280538878172]),
        ("spherical_bessel_j0", [0.0, 0.0, 1.0]),
        ("erfcx", [0.0, math.inf, 1.0]),
        ("ndtr", [1.0, 0.0, 0.5]),
        ("log_ndtr", [0.0, -math.inf, -math.log(2)]),
        ("entr", [-math.inf, -math.inf, 0.0]),
        ("ndtri", [math.nan, math.nan, -math.inf]),
    ],
)
def test_at_infinity_at_zero_and_of_nan(name, ends):
    got = getattr(special, name)(autograd.tensor([math.inf, -math.inf, 0.0, math.nan], dtype=np.float64)).numpy()
    np.testing.assert_allclose(got, [*ends, math.nan], rtol=1e-15)


def test_zeta():
    x, q, z = np.array([
        (2.0, 1.0, 1.6449340668482264), (1.001, 0.5, 1001.9648639703559), (30.0, 0.3, 4856935749618867.0),
        (2.5, 1000.0, 2.1097669044166766e-05), (3.0, -2.5, 0.0541020258208637),
    ]).T  # fmt: skip
    np.testing.assert_allclose(special.zeta(x, q).numpy(), z, rtol=1e-14)
    odd = special.zeta(np.array([1.0, 0.5, 2.0, 2.5, np.inf, np.nan]), np.array([2.0, 1.0, -1.0, -0.5, 1.0, 1.0]))
    np.testing.assert_array_equal(odd.numpy(), [np.inf, np.nan, np.inf, np.nan, 1, np.nan])
    with pytest.raises(NoRuleError, match="first argument"):
        special.zeta(autograd.tensor(2.0, requires_grad=True), 1.0)


def test_scaled_functions_keep_their_slope_in_the_tail():
    # d erfcx = 2 x erfcx - 2 / sqrt(pi) would be the difference of two nearly equal numbers
    x = autograd.tensor([1e3, 1e6], requires_grad=True, dtype=np.float64)
    (slope,) = autograd.grad(special.erfcx(x).sum(), x)
    far = x.detach().numpy()
    np.testing.assert_allclose(
        slope.numpy(), -1 / (math.sqrt(math.pi) * far**2) * (1 - 1.5 / far**2 + 3.75 / far**4), rtol=1e-14
    )
    y = autograd.tensor([-1e3, -1e6], requires_grad=True, dtype=np.float64)
    (slope,) = autograd.grad(special.log_ndtr(y).sum(), y, create_graph=True)
    np.testing.assert_allclose(slope.detach().numpy(), [1e3 + 1e-3, 1e6 + 1e-6], rtol=1e-9)
    (bend,) = autograd.grad(slope.sum(), y)
    np.testing.assert_allclose(bend.numpy(), [-1, -1], rtol=1e-5)


def test_polynomials_take_a_degree_for_each_element():
    x = autograd.tensor([0.5, 0.5, 0.5, 0.5], dtype=np.float64)
    n = autograd.tensor([-1, 0, 1, 3])
    assert special.legendre_polynomial_p(x, n).tolist() == [0, 1, 0.5, -0.4375]
    assert special.chebyshev_polynomial_u(x, n).tolist() == [0, 1, 1, -1]
    assert special.chebyshev_polynomial_v(x, n).tolist() == [0, 1, 0, -1]
    assert special.chebyshev_polynomial_w(x, n).tolist() == [0, 1, 2, -1]
    assert special.shifted_chebyshev_polynomial_t(x, n).tolist() == [0, 1, 0, 0]
    assert special.hermite_polynomial_h(x, 3.9).tolist() == [-5] * 4


def test_incomplete_gamma():
    a, x = np.array([0.5, 3.0, 200.0]), np.array([1.0, 2.0, 210.0])
    below = [math.erf(1.0), 1 - 5 * math.exp(-2.0)]
    np.testing.assert_allclose(special.gammainc(a, x).numpy()[:2], below, rtol=1e-13)
    np.testing.assert_allclose((special.gammainc(a, x) + special.gammaincc(a, x)).numpy(), 1, rtol=1e-13)
    assert autograd.igamma(autograd.tensor([3.0]), autograd.tensor([2.0])).dtype == np.float32


HIGH_ORDERS = {
    (99, -2.3): 1.8108320927811271e208, (100, 1.5): -1.5303349262176004e140, (101, 0.3): 2.0321560152320411e213,
    (101, 7.25): 1.6590106673969535e72, (101, 40.25): 0.00021158971017549896, (101, 150.0): 2.1034805317299266e-62,
    (101, -2.3): 2.0321560152321561e213, (101, -0.5): 9.5590466683832245e190, (102, -0.5): -7.0068935155083197e143,
    (102, -7.75): -9.8879054973770913e223, (120, 100.0): -9.5775908956961906e-44, (171, 60.0): 1896.294640812574,
    (140, 400.0): -5.8667372451949672e-126, (200, 100.0): -9.1254246910962227e-28, (101, 1e6): 0.0,
    (200, 211.9): -3.6200375364074482e-93, (200, 212.1): -2.9964516166599974e-93, (170, 2.5): -6.5019033864740738e238,
    (1000, 300.0): -1.0521717652801775e88, (5000, 2000.0): -1.6307701367817273e-183, (1000, 900.5): 0.0,
}  # fmt: skip


@pytest.mark.parametrize(("n", "x"), HIGH_ORDERS)
def test_polygamma_of_high_orders(n, x):
    got = special.polygamma(n, autograd.tensor([x], dtype=np.float64))
    np.testing.assert_allclose(got.numpy(), [HIGH_ORDERS[n, x]], rtol=1e-15 * n * math.log(n))  # of the logarithm of n!


def test_polygamma_of_enormous_orders_ends():
    x = autograd.tensor([0.3, 2.0, -0.7, 0.0, -3.0, math.inf, math.nan], dtype=np.float64, requires_grad=True)
    z = special.polygamma(2**62, x)
    np.testing.assert_array_equal(z.detach().numpy(), [-math.inf] * 3 + [-math.inf, math.nan, 0, math.nan])
    (slope,) = autograd.grad(z.sum(), x)
    assert np.all(slope.numpy()[:3] == math.inf)
    with pytest.raises(SettingError, match="polygamma"):
        special.polygamma(2**63, x)
