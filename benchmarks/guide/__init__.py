"""The guide: pages that are programs. Each can be run, and what it prints and draws is shown in the built site.

    first_gradient      an input, a loss, its gradient; a line that learns                             read this first
    the_tape            the list of operations, an engine in a hundred lines, a program written out
    check_a_layer       a derivation by hand, and the mistake in it
    your_data           networks on pictures, a table, a text
    why_nan             where a NaN comes from
    coming_from         what users of PyTorch, HIPS/autograd and NumPy know already, and what differs
    functions           gradients of single examples, Hessians, learning to learn, ensembles: vmap and its kin
    making_it_fast      where time goes, compiling, threads, memory
    many_machines       several processes over MPI: one model in all of them, or an experiment in each
    writing_your_own    an operation, a layer, a kernel
    how_it_is_built     the folders, the rules, the tests
    site                builds the site: pages, reference, links; reference.py and text.py make it from docstrings
    picture             draws the picture of the README

Texts that need no running, in Markdown; the examples in them are run by the tests:

    ported.md wrong.md programs.md operations.md speed.md    what the pages above begin with, in full
    experiments.md contributing.md changes.md                what came out; how to work on it; what has changed

A page is Python with comments in reStructuredText behind `# %%`, as sphinx-gallery reads it. The rule: what a page says
is shown by what it runs, and a page takes a few seconds.
"""

PAGES = {
    "first_gradient": "Your first gradient",
    "the_tape": "The tape, and an engine in a hundred lines",
    "check_a_layer": "Derive a layer by hand, and check it",
    "your_data": "Your images, your table, your text",
    "why_nan": "Why is my loss NaN?",
    "coming_from": "Coming from PyTorch, HIPS/autograd, NumPy",
    "functions": "Many derivatives at once",
    "making_it_fast": "Making it fast",
    "many_machines": "Many processes, many machines",
    "writing_your_own": "Writing an operation, a layer, a kernel",
    "how_it_is_built": "How the project is built",
}
"""In the order in which they are read."""

TEXTS = {
    "ported": "Programs written for PyTorch",
    "wrong": "When something is wrong",
    "programs": "A computation as a program",
    "operations": "Adding an operation",
    "speed": "How fast, and where the time goes",
    "experiments": "Experiments",
    "contributing": "Contributing",
    "changes": "Changes",
}
"""The pages that are read, not run; the last two are about the project."""
