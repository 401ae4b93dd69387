"""Equations: networks that solve them, solvers that are differentiated, densities that flow."""

import autograd as torch
import nn
from autograd.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, linearize, vjp, vmap
from tests.conformance.research.data import filled, normal


def _parameters(model):
    return {name: p.detach() for name, p in model.named_parameters()}


def _net(inputs=2, outputs=1):
    return filled(nn.Sequential(nn.Linear(inputs, 8), nn.Tanh(), nn.Linear(8, 8), nn.SiLU(), nn.Linear(8, outputs)))


def pinn_of_poisson():
    """The Laplacian of a network by a map over Hessians, and the gradient of the residual's loss."""
    model, x = _net(), torch.tensor(normal(1, 6, 2))

    def loss(p):
        u = lambda x: functional_call(model, p, (x,))[0]
        laplacian = vmap(lambda x: hessian(u)(x).diagonal().sum())(x)
        return ((laplacian - torch.sin(x).sum(1)) ** 2).mean()

    value = loss(_parameters(model))
    return [value, *grad(loss)(_parameters(model)).values()]


def pinn_of_burgers():
    """u_t + u u_x = 0.1 u_xx from nested gradients."""
    model, points = _net(), torch.tensor(normal(1, 7, 2))

    def residual(p, t, x):
        u = lambda t, x: functional_call(model, p, (torch.stack([t, x]),))[0]
        u_t, u_x = grad(u, argnums=(0, 1))(t, x)
        u_xx = grad(grad(u, argnums=1), argnums=1)(t, x)
        return u_t + u(t, x) * u_x - 0.1 * u_xx

    def loss(p):
        return (vmap(residual, (None, 0, 0))(p, points[:, 0], points[:, 1]) ** 2).mean()

    return [loss(_parameters(model)), *grad(loss)(_parameters(model)).values()]


def pinn_by_jets():
    """Second derivatives along an axis as jvp of jvp: Taylor mode."""
    model, x = _net(), torch.tensor(normal(1, 5, 2))
    axis = torch.tensor([0.0, 1.0], dtype=torch.float64)

    def second(x):
        u = lambda x: model(x)[0]
        first = lambda x: jvp(u, (x,), (axis,))[1]
        return jvp(first, (x,), (axis,))

    slopes, curves = vmap(second)(x)
    return [slopes, curves]


def biharmonic_operator():
    """Fourth derivatives."""
    model, x = _net(1), torch.tensor(normal(1, 3, 1))
    u = lambda x: model(x.unsqueeze(0))[0]
    return [vmap(grad(grad(grad(grad(u)))))(x[:, 0])]


def divergence_and_curl():
    """Of a field of three components, at several points."""
    model, x = _net(3, 3), torch.tensor(normal(1, 4, 3))
    j = vmap(jacfwd(model))(x)
    curl = torch.stack([j[:, 2, 1] - j[:, 1, 2], j[:, 0, 2] - j[:, 2, 0], j[:, 1, 0] - j[:, 0, 1]], 1)
    return [j.diagonal(dim1=1, dim2=2).sum(1), curl]


def _rk4(f, y, steps=6, h=0.1):
    for _ in range(steps):
        a = f(y)
        b = f(y + h / 2 * a)
        c = f(y + h / 2 * b)
        d = f(y + h * c)
        y = y + h / 6 * (a + 2 * b + 2 * c + d)
    return y


def neural_ode_sensitivity():
    """How the end of a trajectory moves with its start and with the parameters, in both modes."""
    model, y = filled(nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 2))), torch.tensor(normal(1, 2))
    end = lambda p, y: _rk4(lambda y: functional_call(model, p, (y,)), y)
    p = _parameters(model)
    forward, reverse = jacfwd(end, argnums=1)(p, y), jacrev(end, argnums=1)(p, y)
    return [forward, forward - reverse, *jacrev(end)(p, y).values()]


def neural_ode_adjoint():
    """The adjoint equation along the trajectory: a vjp of the field in each step."""
    model, y = filled(nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 2))), torch.tensor(normal(1, 2))
    h, states = 0.05, [y]
    for _ in range(10):
        states.append(states[-1] + h * model(states[-1]).detach())
    a = 2 * states[-1]
    for y in reversed(states[:-1]):
        a = a + h * vjp(lambda y: model(y), y)[1](a)[0]
    return [a.detach()]


def continuous_flow():
    """Density along a flow: the trace of the Jacobian, exact and by Hutchinson (Grathwohl et al. 2019)."""
    model, x = filled(nn.Sequential(nn.Linear(3, 6), nn.Softplus(), nn.Linear(6, 3))), torch.tensor(normal(1, 5, 3))
    eps = torch.tensor(normal(2, 5, 3))

    def exact(x):
        return jacrev(model)(x).diagonal().sum()

    def estimated(x, e):
        return (vjp(model, x)[1](e)[0] * e).sum()

    density = torch.zeros(5, dtype=torch.float64)
    for _ in range(4):
        density = density - 0.1 * vmap(exact)(x)
        x = x + 0.1 * model(x)
    return [x.detach(), density.detach(), vmap(estimated)(x, eps).detach()]


def score_matching():
    """Hyvarinen's loss: the trace of a score's Jacobian (2005), and its sliced form (Song et al. 2019)."""
    model, x = _net(3, 3), torch.tensor(normal(1, 6, 3))
    v = torch.tensor(normal(2, 6, 3))

    def loss(p):
        score = lambda x: functional_call(model, p, (x,))
        trace = vmap(lambda x: jacrev(score)(x).diagonal().sum())(x)
        return (trace + 0.5 * (score(x) ** 2).sum(1)).mean()

    def sliced(p):
        score = lambda x: functional_call(model, p, (x,))
        z, moved = jvp(score, (x,), (v,))
        return ((moved * v).sum(1) + 0.5 * (z * v).sum(1) ** 2).mean()

    p = _parameters(model)
    return [loss(p), sliced(p), *grad(loss)(p).values(), *grad(sliced)(p).values()]


def energy_based_score():
    """A score that is the gradient of an energy: its Jacobian is a Hessian, and symmetric."""
    model, x = _net(3, 1), torch.tensor(normal(1, 4, 3))
    energy = lambda x: model(x).sum()
    score = grad(energy)
    j = vmap(jacfwd(score))(x)
    return [j, j - j.transpose(1, 2)]


def hamiltonian_network():
    """Leapfrog steps of a Hamiltonian that is a network (Greydanus et al. 2019), and the loss by its parameters."""
    model, state = _net(2, 1), torch.tensor(normal(1, 4, 2))

    def rolled(p, s):
        h = lambda q, m: functional_call(model, p, (torch.stack([q, m]),))[0]
        q, m = s[0], s[1]
        for _ in range(3):
            m = m - 0.05 * grad(h, 0)(q, m)
            q = q + 0.1 * grad(h, 1)(q, m)
            m = m - 0.05 * grad(h, 0)(q, m)
        return torch.stack([q, m])

    loss = lambda p: (vmap(rolled, (None, 0))(p, state) ** 2).mean()
    return [loss(_parameters(model)), *grad(loss)(_parameters(model)).values()]


def lagrangian_network():
    """Accelerations from the Euler-Lagrange equation: a Hessian is solved (Cranmer et al. 2020)."""
    model = _net(4, 1)

    def acceleration(q, v):
        L = lambda q, v: model(torch.cat([q, v])).sum() + 2 * (v * v).sum()
        mass = hessian(L, 1)(q, v)
        mixed = jacrev(jacrev(L, 1), 0)(q, v)
        return torch.linalg.solve(mass, grad(L, 0)(q, v) - mixed @ v)

    return [vmap(acceleration)(torch.tensor(normal(1, 3, 2)), torch.tensor(normal(2, 3, 2))).detach()]


def implicit_differentiation():
    """The derivative of a fixed point by the implicit function theorem."""
    a, b = torch.tensor(normal(1, 3, 3)) * 0.3, torch.tensor(normal(2, 3))
    f = lambda x, b: torch.tanh(a @ x + b)
    x = torch.zeros(3, dtype=torch.float64)
    for _ in range(60):
        x = f(x, b)
    dx, db = jacrev(f, argnums=(0, 1))(x, b)
    return [x, torch.linalg.solve(torch.eye(3, dtype=torch.float64) - dx, db)]


def wave_equation_with_stencils():
    """A finite-difference simulation, its linearisation for several perturbations."""
    u, c = torch.sin(torch.linspace(0, 6, 16, dtype=torch.float64)), torch.tensor(normal(1, 16)) * 0.1 + 0.5

    def simulated(c):
        before, now = u, u
        for _ in range(5):
            curved = torch.roll(now, 1) - 2 * now + torch.roll(now, -1)
            before, now = now, 2 * now - before + c * curved
        return now

    value, push = linearize(simulated, c)
    directions = torch.eye(16, dtype=torch.float64)[:4]
    return [value, *[push(d) for d in directions], vmap(push)(directions)]


def molecular_forces():
    """Forces and the matrix of force constants of a cluster, for several geometries."""
    x = torch.tensor(normal(1, 2, 4, 3)) * 2

    def energy(x):
        i, j = torch.triu_indices(4, 4, 1)
        r2 = ((x[i] - x[j]) ** 2).sum(1) + 0.5
        return (1 / r2**3 - 2 / r2**2).sum()

    return [-vmap(grad(energy))(x), vmap(hessian(energy))(x)]


ALL = (
    pinn_of_poisson,
    pinn_of_burgers,
    pinn_by_jets,
    biharmonic_operator,
    divergence_and_curl,
    neural_ode_sensitivity,
    neural_ode_adjoint,
    continuous_flow,
    score_matching,
    energy_based_score,
    hamiltonian_network,
    lagrangian_network,
    implicit_differentiation,
    wave_equation_with_stencils,
    molecular_forces,
)
