"""Attention and transformer: values by a naive reference and by PyTorch (2.13), masks, gradients, keys, errors."""

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import SettingError, ShapeError


def filled(module):
    """The module in float64 with parameters that are easy to make elsewhere, too."""
    module.double()
    with autograd.no_grad():
        for index, p in enumerate(module.parameters()):
            p.copy_(autograd.tensor(np.sin(np.arange(p.numel()) * 0.7 + index).reshape(p.shape)))
    return module


def wave(*shape, **kwargs):
    return autograd.tensor(np.cos(np.arange(np.prod(shape)) * 0.9).reshape(shape), **kwargs)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def naive(layer, query, key, value, allowed):
    """Multi-head attention of (N, L, E) with loops over samples and heads."""
    size, heads = layer.embed_dim, layer.num_heads
    each = size // heads
    weights = [w.detach().numpy() for w in layer.in_proj_weight.chunk(3)]
    biases = [b.detach().numpy() for b in layer.in_proj_bias.chunk(3)]
    q, k, v = [x @ w.T + b for x, w, b in zip((query, key, value), weights, biases, strict=True)]
    out = np.zeros(query.shape)
    shares = np.zeros((len(q), heads, q.shape[1], k.shape[1]))
    for n in range(len(q)):
        for h in range(heads):
            part = slice(h * each, (h + 1) * each)
            scores = q[n, :, part] @ k[n, :, part].T / np.sqrt(each)
            shares[n, h] = softmax(np.where(allowed[n], scores, -np.inf))
            out[n, :, part] = shares[n, h] @ v[n, :, part]
    return out @ layer.out_proj.weight.detach().numpy().T + layer.out_proj.bias.detach().numpy(), shares


def test_attention_by_loops(rng):
    layer = filled(nn.MultiheadAttention(6, 3, batch_first=True))
    q, k, v = rng.standard_normal((2, 4, 6)), rng.standard_normal((2, 5, 6)), rng.standard_normal((2, 5, 6))
    blocked = rng.random((4, 5)) < 0.3
    padding = np.array([[False] * 4 + [True], [False] * 5])
    blocked[:, 0] = False
    allowed = ~(blocked[None] | padding[:, None])
    z, weights = layer(*map(autograd.tensor, (q, k, v)), padding, attn_mask=blocked, average_attn_weights=False)
    expected, shares = naive(layer, q, k, v, allowed)
    np.testing.assert_allclose(z.detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(weights.detach().numpy(), shares, rtol=1e-10, atol=1e-12)
    mean = layer(*map(autograd.tensor, (q, k, v)), padding, attn_mask=blocked)[1]
    np.testing.assert_allclose(mean.detach().numpy(), shares.mean(1), rtol=1e-10, atol=1e-12)
    assert layer(*map(autograd.tensor, (q, k, v)), need_weights=False)[1] is None


def test_self_attention_is_pytorchs():
    z, weights = (layer := filled(nn.MultiheadAttention(4, 2)))(x := wave(3, 2, 4), x, x)
    np.testing.assert_allclose(
        z[1, 0].tolist(), [0.6553776663171184, -1.643823233950834, 0.6333873204152872, -2.7986524233591368], rtol=1e-10
    )
    np.testing.assert_allclose(
        weights[0, 1].tolist(), [0.9638467536304847, 0.03432914004078309, 0.001824106328732316], rtol=1e-10
    )
    alone, share = layer(x[:, 0], x[:, 0], x[:, 0])
    np.testing.assert_allclose(alone.tolist(), z[:, 0].tolist(), rtol=1e-12)
    np.testing.assert_allclose(share.tolist(), weights[0].tolist(), rtol=1e-12)


def test_other_features_for_keys_and_values_extra_keys_and_padding():
    layer = nn.MultiheadAttention(4, 2, kdim=3, vdim=5, add_bias_kv=True, add_zero_attn=True, batch_first=True)
    padding = np.array([[False, True], [False, False]])
    z, weights = filled(layer)(
        wave(2, 3, 4), wave(2, 2, 3), wave(2, 2, 5), key_padding_mask=padding, average_attn_weights=False
    )
    np.testing.assert_allclose(
        z[0, 1].tolist(), [0.26665789698502873, 1.293381069079616, 0.6697709058485872, 0.36218367292952575], rtol=1e-10
    )
    np.testing.assert_allclose(
        weights[0, 1, 2].tolist(), [0.5375592647128913, 0.0, 0.37513105399457136, 0.08730968129253741], rtol=1e-10
    )
    assert list(layer.state_dict()) == [
        *("q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias", "bias_k", "bias_v"),
        *("out_proj.weight", "out_proj.bias"),
    ]


def test_projecting_together_or_apart_is_the_same(rng):
    layer = filled(nn.MultiheadAttention(4, 2))
    results = []
    for inputs in ("same", "shared", "apart"):
        x = autograd.tensor(rng.standard_normal((3, 2, 4)) if not results else results[0][0], requires_grad=True)
        k = x if inputs == "same" else x * 1
        v = k if inputs != "apart" else x * 1
        layer.zero_grad()
        z = layer(x, k, v)[0]
        z.square().sum().backward()
        results.append((x.detach().numpy(), z.detach().numpy(), x.grad.numpy(), layer.in_proj_weight.grad.numpy()))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_masks_of_both_kinds_agree_and_a_query_that_sees_nothing_gets_zeros():
    layer = filled(nn.MultiheadAttention(4, 2, batch_first=True))
    x = wave(2, 3, 4, requires_grad=True)
    blocked = np.array([[False, True, True], [False, False, True], [True, True, True]])
    z, weights = layer(x, x, x, attn_mask=blocked)
    added = layer(x, x, x, attn_mask=autograd.tensor(np.where(blocked, -np.inf, 0.0)))[0]
    np.testing.assert_array_equal(z.tolist(), added.tolist())
    np.testing.assert_array_equal(weights[:, 2].tolist(), 0)
    np.testing.assert_allclose(z[:, 2].tolist(), [layer.out_proj.bias.tolist()] * 2)
    z.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
    per_head = layer(x, x, x, attn_mask=np.stack([blocked] * 4))[0]
    np.testing.assert_array_equal(z.tolist(), per_head.tolist())


def test_minus_infinity_everywhere_in_an_added_mask():
    mask = np.array([[0.0, -np.inf], [-np.inf, -np.inf]], np.float32)
    x = autograd.ones(1, 2, 2)
    assert F.scaled_dot_product_attention(x, x, x, mask).tolist() == [[[1.0, 1.0], [0.0, 0.0]]]


def test_dropout_only_while_training():
    layer = nn.MultiheadAttention(4, 2, dropout=0.9)
    x = autograd.randn(6, 2, 4)
    assert (layer(x, x, x)[1] == 0).any().item()
    assert not (layer.eval()(x, x, x)[1] == 0).any().item()


def test_transformer_is_pytorchs():
    model = filled(nn.Transformer(4, 2, 1, 2, 6, dropout=0.0, activation="gelu", norm_first=True))
    z = model(wave(3, 2, 4), wave(2, 2, 4), tgt_mask=model.generate_square_subsequent_mask(2), tgt_is_causal=True)
    expected = [
        [0.5605955229171157, 0.45335417770967934, 2.100677420846617, -0.20602223815625922],
        [1.082783469202645, 0.9952070190874862, 1.1973658151106716, 1.4349723057070758],
    ]
    np.testing.assert_allclose(z[1].tolist(), expected, rtol=1e-10)


def test_transformer_without_biases_and_its_gradient():
    model = filled(nn.Transformer(4, 2, 1, 1, 6, dropout=0.0, batch_first=True, bias=False))
    z = model(wave(2, 3, 4), wave(2, 2, 4))
    expected = [
        [-0.4603451133199308, 0.6399036586296449, -0.08733466482064851, 0.6285438252731018],
        [0.49813500705008235, -0.49509897856934704, -0.6275811547885775, -0.3451387720734606],
    ]
    np.testing.assert_allclose(z[1].tolist(), expected, rtol=1e-10)
    z[..., 0].sum().backward()
    slope = [-0.0007232507502103867, -0.002103806063342023, -0.0018922428903529467, -0.0002486680227233438]
    np.testing.assert_allclose(model.encoder.layers[0].self_attn.in_proj_weight.grad[0].tolist(), slope, rtol=1e-9)
    assert not any("bias" in key for key in model.state_dict())


def test_state_keys_of_the_layers():
    keys = list(nn.TransformerDecoderLayer(4, 2, 8).state_dict())
    assert keys[:4] == [
        "self_attn.in_proj_weight",
        "self_attn.in_proj_bias",
        "self_attn.out_proj.weight",
        "self_attn.out_proj.bias",
    ]
    assert keys[4] == "multihead_attn.in_proj_weight"
    assert keys[8:] == [
        f"{part}.{kind}" for part in ("linear1", "linear2", "norm1", "norm2", "norm3") for kind in ("weight", "bias")
    ]
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2, nn.LayerNorm(4))
    assert {key.split(".")[0] for key in encoder.state_dict()} == {"layers", "norm"}
    assert encoder.layers[0].linear1.weight is not encoder.layers[1].linear1.weight


def test_activations_by_name_function_or_module():
    x = wave(3, 4)
    results = []
    for activation in ("gelu", F.gelu, nn.GELU()):
        layer = filled(nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, activation=activation))
        results.append(layer(x).tolist())
    assert results[0] == results[1] == results[2]
    with pytest.raises(SettingError, match="activation should be relu/gelu, not tanh"):
        nn.TransformerEncoderLayer(4, 2, activation="tanh")


def test_second_order():
    layer = filled(nn.MultiheadAttention(4, 2))
    x = wave(3, 1, 4, requires_grad=True)
    direction = np.sin(np.arange(12.0)).reshape(3, 1, 4)

    def slope(at):
        (g,) = autograd.grad(layer(at, at, at)[0].square().sum(), [at], create_graph=True)
        return g

    (got,) = autograd.grad((slope(x) * autograd.tensor(direction)).sum(), [x])
    step = 1e-5
    ahead, behind = [
        slope(autograd.tensor(x.detach().numpy() + s * direction, requires_grad=True)) for s in (step, -step)
    ]
    expected = (ahead.detach().numpy() - behind.detach().numpy()) / (2 * step)
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x: m(autograd.zeros(2, 3, 5), x, x), "was expecting embedding dimension of 4, but got 5: the query"),
        (lambda m, x: m(x, x, autograd.zeros(3, 3, 4)), "does not match value shape"),
        (lambda m, x: m(x[0, 0], x, x), "query should be unbatched 2D or batched 3D"),
        (lambda m, x: m(x, x, x, attn_mask=np.zeros((3, 3))), r"attn_mask is \(3, 3\), but should be \(2, 2\)"),
        (lambda m, x: m(x, x, x, attn_mask=np.zeros((2, 2, 2))), r"is \(2, 2, 2\), but should be \(6, 2, 2\)"),
        (lambda m, x: m(x, x, x, np.zeros((2, 2), bool)), r"key_padding_mask of shape \(3, 2\), got \(2, 2\)"),
    ],
)
def test_shapes_that_do_not_fit(call, message):
    with pytest.raises(ShapeError, match=message):
        call(nn.MultiheadAttention(4, 2), autograd.zeros(2, 3, 4))


def test_wrong_settings():
    with pytest.raises(SettingError, match="embed_dim must be divisible by num_heads"):
        nn.MultiheadAttention(5, 2)
    x = autograd.zeros(2, 3, 4)
    with pytest.raises(SettingError, match="Need attn_mask if specifying the is_causal hint"):
        nn.MultiheadAttention(4, 2)(x, x, x, is_causal=True)
    with pytest.raises(ShapeError, match="batch number of src and tgt must be equal"):
        nn.Transformer(4, 2, 1, 1, 8)(autograd.zeros(2, 3, 4), autograd.zeros(2, 2, 4))
