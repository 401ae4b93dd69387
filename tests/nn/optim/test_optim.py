"""Optimisers: 20 steps against the numbers that PyTorch 2.13 reaches, state, groups, errors."""

import copy

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import CheckpointError, SettingError
from nn import optim

MATRIX = np.array([[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]])


def slope(x, t):
    return MATRIX @ x + np.sin(t + np.arange(3.0)) * 0.5


def train(name, settings, steps, dtype=np.float64):
    """Two groups, the second with half the learning rate; gradients from a formula."""
    p, q = (nn.Parameter(np.array(x, dtype)) for x in ([1.0, -2.0, 3.0], [[0.5, 0.25, -1.0]]))
    opt = getattr(optim, name)([{"params": [p]}, {"params": [q], "lr": settings.get("lr", 0.01) / 2}], **settings)
    for t in range(steps):
        step(opt, p, q, t)
    return opt, p, q


def step(opt, p, q, t):
    p.grad = autograd.tensor(slope(p.detach().numpy(), t).astype(p.dtype))
    q.grad = autograd.tensor(slope(q.detach().numpy()[0], t + 5)[None].astype(q.dtype))
    opt.step()


# what, settings, both parameters after 20 steps, names of what is remembered
RUNS = [
    (
        "SGD",
        {"lr": 0.1},
        [
            0.0226354006375321,
            -0.0431541228179464,
            0.85499188160075,
            0.116522172369957,
            -0.0329409582920199,
            -0.624313954096547,
        ],
        [],
    ),
    (
        "SGD",
        {"lr": 0.1, "momentum": 0.9},
        [
            0.219786966057551,
            -1.15763674521139,
            -0.0139752433007913,
            0.157275732332243,
            0.116120382004494,
            0.249549116911452,
        ],
        ["momentum_buffer"],
    ),
    (
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
        [
            0.216732828220803,
            -1.03151726279924,
            -0.140754732557536,
            0.154295928364977,
            0.000655773851507464,
            0.222155134023219,
        ],
        ["momentum_buffer"],
    ),
    (
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        [
            0.179908670942587,
            -0.269132050180531,
            -0.0456767050430398,
            0.0482137512529636,
            0.156120211876996,
            0.24923419187386,
        ],
        ["momentum_buffer"],
    ),
    (
        "SGD",
        {"lr": 0.1, "momentum": 0.5, "maximize": True, "weight_decay": 0.1},
        [139.530199069666, -12.6791309162426, 30.6972595346191, 10.4642401953644, 4.54204801491277, -1.99754492140164],
        ["momentum_buffer"],
    ),
    (
        "Adam",
        {"lr": 0.1},
        [
            -0.211243769282869,
            -0.16403963968882,
            1.19744458590138,
            -0.0611266160007222,
            -0.222792311293067,
            -0.308396120024249,
        ],
        ["exp_avg", "exp_avg_sq", "step"],
    ),
    (
        "Adam",
        {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1},
        [
            -0.214149022401959,
            -0.166335327263198,
            1.18282922747964,
            -0.068177320640067,
            -0.206131604465486,
            -0.248100901516282,
        ],
        ["exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step"],
    ),
    (
        "Adam",
        {"lr": 0.1, "betas": (0.8, 0.9), "maximize": True, "eps": 0.001},
        [3.06608806847382, -4.04495555881822, 5.03099080191487, 1.51865256266291, 1.24509069021187, -1.91946748045444],
        ["exp_avg", "exp_avg_sq", "step"],
    ),
    (
        "Adam",
        {"lr": 0.1, "maximize": True, "weight_decay": 0.2},
        [3.07671192996538, -4.04902289501542, 5.0205248344701, 1.51750435605575, 1.2317363675308, -1.48013580609794],
        ["exp_avg", "exp_avg_sq", "step"],
    ),
    (
        "AdamW",
        {"lr": 0.1},
        [
            -0.210564139581024,
            -0.147311433653619,
            1.16057554000878,
            -0.0611817416015765,
            -0.221038444261977,
            -0.303399838715275,
        ],
        ["exp_avg", "exp_avg_sq", "step"],
    ),
    (
        "AdamW",
        {"lr": 0.1, "amsgrad": True, "weight_decay": 0.2, "maximize": True},
        [2.38827783843011, -3.02323210111584, 3.67170931596463, 1.33887022709991, 1.1095584771662, -1.64126042632686],
        ["exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step"],
    ),
    (
        "RMSprop",
        {"lr": 0.05},
        [
            -0.00109085951520579,
            0.0971181336158637,
            0.586440088667789,
            0.101548507374277,
            0.0131322246584776,
            -0.116947297507027,
        ],
        ["square_avg", "step"],
    ),
    (
        "RMSprop",
        {"lr": 0.05, "momentum": 0.9, "centered": True, "weight_decay": 0.1},
        [
            0.349290232278033,
            -0.95459947679026,
            0.245146632902166,
            -0.302618480092067,
            0.00366279228717118,
            -0.127810635390146,
        ],
        ["grad_avg", "momentum_buffer", "square_avg", "step"],
    ),
    (
        "RMSprop",
        {"lr": 0.05, "alpha": 0.8, "momentum": 0.5, "maximize": True},
        [3.5384823361368, -4.45020458808816, 5.3794365435502, 1.7997441194942, 1.49285635939432, -2.17503850437879],
        ["momentum_buffer", "square_avg", "step"],
    ),
    (
        "Adagrad",
        {"lr": 0.2},
        [
            0.126698234771133,
            -0.671065715867902,
            1.73254406428347,
            0.0874589288159582,
            -0.0652901786610012,
            -0.452986599276301,
        ],
        ["step", "sum"],
    ),
    (
        "Adagrad",
        {"lr": 0.2, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5},
        [
            0.288252208980675,
            -1.07498157077303,
            2.13050970017129,
            0.165542765994078,
            -0.0154771096288563,
            -0.676901519853056,
        ],
        ["step", "sum"],
    ),
    (
        "Adagrad",
        {"maximize": True},
        [1.07400206699896, -2.07853375303323, 3.0739254602203, 0.538841339048361, 0.283793792210899, -1.03622706889126],
        ["step", "sum"],
    ),
    (
        "Adadelta",
        {},
        [
            0.937359948511858,
            -1.92512521840875,
            2.93712329706189,
            0.499624832431428,
            0.2497262603428,
            -0.999666087558478,
        ],
        ["acc_delta", "square_avg", "step"],
    ),
    (
        "Adadelta",
        {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1, "maximize": True},
        [
            1.02541238571264,
            -2.02959938987116,
            3.02503202568701,
            0.514065119251589,
            0.260168833094983,
            -1.01272519980358,
        ],
        ["acc_delta", "square_avg", "step"],
    ),
    (
        "Adamax",
        {"lr": 0.1},
        [
            -0.0295598055291743,
            -0.497275040461791,
            1.64348287723936,
            0.0290069255163944,
            -0.154836358090041,
            -0.556286824286022,
        ],
        ["exp_avg", "exp_inf", "step"],
    ),
    (
        "Adamax",
        {"lr": 0.1, "betas": (0.7, 0.9), "weight_decay": 0.1, "maximize": True},
        [2.8569326391594, -3.89732615078351, 4.88002918859002, 1.38569991448069, 1.08211722772407, -1.60912326216178],
        ["exp_avg", "exp_inf", "step"],
    ),
    (
        "NAdam",
        {"lr": 0.1},
        [
            0.0286319297788836,
            -0.52265163806299,
            1.54479921074852,
            0.0524728907619878,
            -0.0941509791855986,
            -0.399593290008639,
        ],
        ["exp_avg", "exp_avg_sq", "mu_product", "step"],
    ),
    (
        "NAdam",
        {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.01},
        [
            0.0258146184399437,
            -0.527234797959461,
            1.53280544008345,
            0.0468055095691825,
            -0.085314947955834,
            -0.359253662732884,
        ],
        ["exp_avg", "exp_avg_sq", "mu_product", "step"],
    ),
    (
        "NAdam",
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
        [2.62090063656032, -3.32695917984879, 4.10662137697006, 1.41663743729292, 1.1337715883182, -1.75743837061322],
        ["exp_avg", "exp_avg_sq", "mu_product", "step"],
    ),
    (
        "RAdam",
        {"lr": 0.1},
        [
            0.183239206243379,
            -0.986774961610823,
            1.96229284466543,
            0.271236274926681,
            0.0523829788788204,
            -0.903100962050089,
        ],
        ["exp_avg", "exp_avg_sq", "step"],
    ),
    (
        "RAdam",
        {"lr": 0.1, "weight_decay": 0.1},
        [
            0.153958045351944,
            -0.91054908182285,
            1.83661242063793,
            0.260871515456172,
            0.0480820533526721,
            -0.877058467034145,
        ],
        ["exp_avg", "exp_avg_sq", "step"],
    ),
    (
        "RAdam",
        {"lr": 0.1, "betas": (0.5, 0.9), "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
        [2.7228668803558, -3.5047263691712, 4.24557318161115, 1.16036779258233, 0.843021426769258, -1.37297449404552],
        ["exp_avg", "exp_avg_sq", "step"],
    ),
]


@pytest.mark.parametrize(("name", "settings", "expected", "remembered"), RUNS)
def test_twenty_steps_are_pytorchs(name, settings, expected, remembered):
    opt, p, q = train(name, settings, 20)
    np.testing.assert_allclose([*p.tolist(), *q.tolist()[0]], expected, rtol=1e-12, atol=1e-12)
    assert sorted(opt.state_dict()["state"].get(0, {})) == remembered


@pytest.mark.parametrize(("name", "settings"), [run[:2] for run in RUNS])
def test_float32_is_kept_and_gradients_are_not_written_to(name, settings):
    opt, p, q = train(name, settings, 3, np.float32)
    before = p.grad.tolist()
    opt.step()
    assert p.grad.tolist() == before
    state = opt.state_dict()["state"].get(0, {})
    assert {x.dtype for x in (p, q, *(v for v in state.values() if hasattr(v, "dtype")))} == {np.dtype(np.float32)}
    assert p.requires_grad
    assert p.is_leaf


@pytest.mark.parametrize(("name", "settings"), [run[:2] for run in RUNS])
def test_resuming_is_bit_identical(name, settings, tmp_path):
    opt, p, q = train(name, settings, 5)
    nn.save({"opt": opt.state_dict(), "p": p, "q": q}, tmp_path / "half.npz")
    for t in range(5, 10):
        step(opt, p, q, t)
    other, p2, q2 = train(name, {}, 0)
    half = nn.load(tmp_path / "half.npz")
    other.load_state_dict(half["opt"])
    p2.data, q2.data = half["p"].detach(), half["q"].detach()
    for t in range(5, 10):
        step(other, p2, q2, t)
    assert p2.tolist() == p.tolist()
    assert q2.tolist() == q.tolist()


# ------------------------------------------------------------------------------------------------------------ L-BFGS


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


# settings, then after two steps: the parameters, the loss before the second, the number of evaluations
LBFGS_RUNS = [
    ({"lr": 0.01, "max_iter": 4}, [-1.18389512999232, 1.00799326838183, 21.4886234341912, 8.0]),
    (
        {"lr": 0.5, "line_search_fn": "strong_wolfe", "max_iter": 5, "history_size": 3},
        [-1.02221297883133, 1.04720527925137, 4.14936449025785, 12.0],
    ),
    (
        {"line_search_fn": "strong_wolfe", "max_iter": 30},
        [0.999981421079137, 0.999961965181099, 0.000825750050174109, 44.0],
    ),
    ({"lr": 0.001, "history_size": 2, "max_eval": 5}, [-1.19834010707522, 1.00083535585598, 23.9145141739868, 10.0]),
]


@pytest.mark.parametrize(("settings", "expected"), LBFGS_RUNS)
def test_lbfgs_is_pytorchs(settings, expected):
    p = nn.Parameter(np.array([-1.2, 1.0]))
    opt = optim.LBFGS([p], **settings)
    calls = []

    def closure():
        opt.zero_grad()
        loss = rosenbrock(p)
        loss.backward()
        calls.append(loss.item())
        return loss

    opt.step(closure)
    last = opt.step(closure).item()
    np.testing.assert_allclose([*p.tolist(), last, len(calls)], expected, rtol=1e-8, atol=1e-10)


def test_lbfgs_finds_the_minimum_and_can_be_resumed():
    p = nn.Parameter(np.array([-1.2, 1.0]))
    opt = optim.LBFGS([p], line_search_fn="strong_wolfe")

    def closure():
        opt.zero_grad()
        loss = rosenbrock(p)
        loss.backward()
        return loss

    opt.step(closure)
    saved, place = copy.deepcopy(opt.state_dict()), p.tolist()
    opt.step(closure)
    first = p.tolist()
    np.testing.assert_allclose(first, [1, 1], atol=1e-4)
    p.data = autograd.tensor(place, dtype=np.float64)
    opt.load_state_dict(saved)
    opt.step(closure)
    assert p.tolist() == first


def test_lbfgs_needs_a_closure_and_one_group():
    p, q = nn.Parameter(np.ones(1)), nn.Parameter(np.ones(1))
    with pytest.raises(TypeError, match="needs a closure"):
        optim.LBFGS([p]).step()
    with pytest.raises(SettingError, match="per-parameter options"):
        optim.LBFGS([{"params": [p]}, {"params": [q]}])
    with pytest.raises(SettingError, match="only 'strong_wolfe' is supported"):
        optim.LBFGS([p], line_search_fn="armijo")


# ------------------------------------------------------------------------------------------------------------ groups


def test_groups_and_defaults():
    p, q = nn.Parameter(np.ones(1)), nn.Parameter(np.ones(2))
    opt = optim.SGD([p], lr=0.1)
    opt.add_param_group({"params": q, "momentum": 0.5})
    assert [group["momentum"] for group in opt.param_groups] == [0, 0.5]
    assert [group["lr"] for group in opt.param_groups] == [0.1, 0.1]
    assert opt.param_groups[1]["params"] == [q]
    assert repr(opt).startswith("SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.1\n")


def test_what_cannot_be_optimised_is_refused():
    p = nn.Parameter(np.ones(1))
    with pytest.raises(TypeError, match="iterable of Tensors or dicts"):
        optim.SGD(p)
    with pytest.raises(SettingError, match="empty parameter list"):
        optim.SGD([])
    with pytest.raises(TypeError, match="ordered collections"):
        optim.SGD([{"params": {p}}])
    with pytest.raises(TypeError, match="can only optimize Tensors"):
        optim.SGD([3])
    with pytest.raises(SettingError, match="can't optimize a non-leaf Tensor, the result of mul"):
        optim.SGD([p * 2])
    with pytest.raises(SettingError, match="more than one parameter group"):
        optim.SGD([{"params": [p]}, {"params": p}])
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optim.SGD([p, p])


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("SGD", {"lr": -1}, "Invalid learning rate: -1"),
        ("SGD", {"momentum": -1}, "Invalid momentum value: -1"),
        ("SGD", {"nesterov": True}, "Nesterov momentum requires a momentum and zero dampening"),
        ("Adam", {"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
        ("Adam", {"eps": -1}, "Invalid epsilon value: -1"),
        ("AdamW", {"weight_decay": -1}, "Invalid weight_decay value: -1"),
        ("RMSprop", {"alpha": -1}, "Invalid alpha value: -1"),
        ("Adagrad", {"lr_decay": -1}, "Invalid lr_decay value: -1"),
        ("Adadelta", {"rho": 2}, "Invalid rho value: 2"),
        ("NAdam", {"momentum_decay": -1}, "Invalid momentum_decay value: -1"),
    ],
)
def test_settings_are_checked(name, settings, message):
    with pytest.raises(SettingError, match=message):
        getattr(optim, name)([nn.Parameter(np.ones(1))], **settings)


# ---------------------------------------------------------------------------------------------------------- stepping


def test_a_step_learns_and_parameters_without_gradient_stay():
    p, q = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(2))
    opt = optim.SGD([p, q], lr=0.5)
    loss = opt.step(lambda: _backward((p * p).sum()))
    assert loss.item() == 2.0
    assert p.tolist() == [0.0, 0.0]
    assert q.tolist() == [1.0, 1.0]
    assert opt.state_dict()["state"] == {}


def _backward(loss):
    loss.backward()
    return loss


def test_closures_record_even_inside_no_grad():
    p = nn.Parameter(np.ones(2))
    with autograd.no_grad():
        optim.SGD([p], lr=0.5).step(lambda: _backward((p * p).sum()))
    assert p.tolist() == [0.0, 0.0]


def test_zero_grad():
    p = nn.Parameter(np.ones(2))
    opt = optim.SGD([p])
    p.grad = autograd.tensor(np.ones(2))
    opt.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0, 0.0]
    opt.zero_grad()
    assert p.grad is None


def test_a_step_between_forward_and_backward_is_noticed():
    p = nn.Parameter(np.ones(2))
    loss = (p * p).sum()
    p.grad = autograd.tensor(np.ones(2))
    optim.SGD([p]).step()
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*SGD\.step at optim/test_optim\.py"):
        loss.backward()


def test_hooks():
    p, seen = nn.Parameter(np.ones(1)), []
    opt = optim.SGD([p])
    opt.register_step_pre_hook(lambda opt, args, kwargs: seen.append("before"))
    handle = opt.register_step_post_hook(lambda opt, args, kwargs: seen.append("after"))
    opt.step()
    handle.remove()
    opt.step()
    assert seen == ["before", "after", "before"]


# -------------------------------------------------------------------------------------------------------- state dicts


def test_the_layout_is_pytorchs():
    opt, _p, _q = train("Adam", {"lr": 0.1}, 2)
    state = opt.state_dict()
    assert list(state) == ["state", "param_groups"]
    assert list(state["state"]) == [0, 1]
    assert [group["params"] for group in state["param_groups"]] == [[0], [1]]
    assert state["state"][1]["exp_avg"].shape == (1, 3)
    assert state["state"][0]["step"] == 2


def test_pytorchs_own_state_can_be_loaded():
    opt, p, q = train("Adam", {"lr": 0.1}, 0)
    group = {"lr": 0.3, "betas": [0.8, 0.9], "foreach": None, "fused": None, "capturable": False}
    moments = {"step": autograd.tensor(4.0), "exp_avg": np.ones(3, np.float32), "exp_avg_sq": np.ones(3, np.float32)}
    opt.load_state_dict({"state": {0: moments}, "param_groups": [{**group, "params": [0]}, {**group, "params": [1]}]})
    assert opt.param_groups[0]["lr"] == 0.3
    assert opt.param_groups[0]["betas"] == (0.8, 0.9)
    assert "foreach" not in opt.param_groups[0]
    assert opt.state[p]["step"] == 4
    assert opt.state[p]["exp_avg"].dtype == np.float64
    step(opt, p, q, 0)


def test_loading_checks_before_it_changes_anything():
    opt, p, _q = train("Adam", {"lr": 0.1}, 1)
    good = copy.deepcopy(opt.state_dict())
    with pytest.raises(CheckpointError, match="different number of parameter groups: 1 instead of 2"):
        opt.load_state_dict({**good, "param_groups": good["param_groups"][:1]})
    bigger = [{**good["param_groups"][0], "params": [0, 1]}, good["param_groups"][1]]
    with pytest.raises(CheckpointError, match="doesn't match the size of optimizer's group"):
        opt.load_state_dict({**good, "param_groups": bigger})
    wrong = copy.deepcopy(good)
    wrong["state"][0]["exp_avg"] = np.ones(5)
    with pytest.raises(CheckpointError, match=r"exp_avg has shape \(5,\), its parameter has shape \(3,\)"):
        opt.load_state_dict(wrong)
    assert opt.state[p]["step"] == 1


def test_what_was_loaded_is_a_copy():
    opt, _p, _q = train("SGD", {"momentum": 0.9}, 1)
    saved = opt.state_dict()
    other, *_ = train("SGD", {"momentum": 0.9}, 0)
    other.load_state_dict(saved)
    kept = saved["state"][0]["momentum_buffer"].tolist()
    other.state[other.param_groups[0]["params"][0]]["momentum_buffer"]._array[...] = 0
    assert saved["state"][0]["momentum_buffer"].tolist() == kept


# -------------------------------------------------------------------------------------------------- Rprop and ASGD


RPROP = [-0.10449925939199985, 0.44478984249343984, -0.07049920651263947]
ASGD = [0.022642196563468903, -0.0431760066691247, 0.8548778748752218]
ASGD_AVERAGE = [0.08661592381328545, -0.3313692282995392, 1.322991133654932]


def test_rprop_reaches_what_pytorch_reaches():
    opt, p, _ = train("Rprop", {"lr": 0.1}, 20)
    np.testing.assert_allclose(p.detach().numpy(), RPROP, rtol=1e-9)
    assert sorted(opt.state[p]) == ["prev", "step", "step_size"]


def test_rprop_rests_when_the_sign_changes():
    p = nn.Parameter(np.zeros(1))
    opt = optim.Rprop([p], lr=1.0)
    path = []
    for g in (1.0, 1.0, -1.0, -1.0, -1.0):
        p.grad = autograd.tensor([g], dtype=np.float64)
        opt.step()
        path.append(p.item())
    np.testing.assert_allclose(path, [-1, -2.2, -2.2, -1.6, -0.88])
    with pytest.raises(SettingError, match="Invalid eta values"):
        optim.Rprop([p], etas=(1.1, 1.2))


def test_asgd_averages_from_t0_on():
    opt, p, _ = train("ASGD", {"lr": 0.1, "t0": 5}, 20)
    np.testing.assert_allclose(p.detach().numpy(), ASGD, rtol=1e-6)  # PyTorch keeps eta in float32
    np.testing.assert_allclose(opt.state[p]["ax"].numpy(), ASGD_AVERAGE, rtol=1e-6)
    assert set(opt.state[p]) == {"step", "eta", "mu", "ax"}


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adagrad"])
def test_implementations_that_programs_for_pytorch_choose(name):
    p = nn.Parameter([1.0])
    getattr(nn.optim, name)([p], lr=0.1, fused=True, foreach=False)
    with pytest.raises(SettingError, match=f"{name}: differentiable=True"):
        getattr(nn.optim, name)([p], lr=0.1, differentiable=True)
