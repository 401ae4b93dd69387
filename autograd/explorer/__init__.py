"""The explorer: a computation as a page that one steps through, forward and back, with all its numbers.

    exploring.py     `explore`, and what `.explore()` of others does               read this first
    exploration.py   what these give: .show(), .save(path), in notebooks itself
    description.py   what a page shows, as plain data
    programs.py      a Program as that; tapes.py: a tape, of which less is known; verdicts.py: what a check has found
    running.py       all values of a program in one run; modules.py: in which module each step ran
    arrays.py        arrays, exactly or in 255 steps; marks.py: NaN, dead ReLUs; words.py: rules in a sentence
    trees.py         lines of NumPy as nested lists, which the page computes
    page.py          one file of HTML out of all that

    web/             what the page is made of: page.html, page.css, and scripts without a framework. In order: ndarray,
                     images, functions, more, algebra, rare, interpreter compute; follow explains an element;
                     program, folding and layout are about the program; graph, listing, tables, cards, detail show it;
                     main starts it all

The rule: whatever a page says is in the description, so it can be tested without a browser; and the page computes
nothing that it has not found to agree with what was recorded.

>>> import autograd
>>> found = explore(lambda x: (x * x).sum(), autograd.tensor([1.0, 2.0]))
>>> [step.numpy for step in found.description.steps]
['h1 = x * x', 'loss = np.sum(h1)', 'd_h1 = np.broadcast_to(d_loss, (2,))', 'd_x = d_h1 * x', 'd_x_2 = d_h1 * x', \
'd_x_3 = d_x + d_x_2']
"""

from .exploration import Exploration
from .exploring import explore

__all__ = ["Exploration", "explore"]
