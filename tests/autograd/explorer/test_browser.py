"""Clicking through pages in headless Chromium: keys, clicks, folding, changed numbers, what screen readers are told.

Needs the extra `browser` (playwright) and a Chromium, its own or the system's.
"""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import autograd
from autograd.explorer import Exploration, explore

from .examples import ALL, array_of, network, small

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install -e '.[browser]'"
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser():
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    with playwright.sync_playwright() as driver:
        try:
            running = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"there is no Chromium to be started: {str(error).splitlines()[0]}")
        yield running
        running.close()


@pytest.fixture
def opened(browser, tmp_path):
    """opened(exploration or text, width=1280, scheme="light"): a page in the browser. No script may raise."""
    contexts, errors = [], []

    def open_(found, width=1280, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        file = tmp_path / f"page{len(contexts)}.html"
        if isinstance(found, Exploration):
            found.save(file)
        else:
            file.write_text(found, encoding="utf-8")
        page.goto(file.as_uri())
        page.wait_for_selector("[aria-current=step], iframe")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


def current(page):
    """Number of the step that is shown."""
    return int(page.locator("#detail h2 .number").inner_text())


@pytest.mark.parametrize("name", ALL)
def test_every_step_can_be_shown(name, opened):
    found = ALL[name]()
    page = opened(found)
    seen = [current(page)]
    while page.locator("#list .row").last.get_attribute("aria-current") is None:
        page.keyboard.press("ArrowRight")
        seen.append(current(page))
        assert len(seen) <= len(found.description.steps)
    assert seen == sorted(set(seen))
    assert seen[-1] == len(found.description.steps) - 1
    for _ in range(len(seen)):
        page.keyboard.press("k")
    assert current(page) == seen[0]


def test_keys_and_buttons(opened):
    found = small()
    page = opened(found)
    turn, last = found.description.turn, len(found.description.steps) - 1
    for key, number in (("b", turn), ("End", last), ("ArrowUp", last - 1), ("Home", 0), ("j", 1), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        assert current(page) == number
    for name, number in (("#turn", turn), ("#next", turn + 1), ("#previous", turn), ("#last", last), ("#first", 0)):
        page.click(name)
        assert current(page) == number
    page.locator("#slider").fill("5")
    assert current(page) == 5
    assert page.locator("#where").inner_text() == f"forward 6 of {turn}"


def test_rows_and_nodes_are_clicked(opened):
    page = opened(small())
    page.locator("#list .row", has_text="d_x = d_h2 @ h1.T").click()
    assert "d_x" in page.locator("#detail h2").inner_text()
    assert page.locator("#graph .node.current").get_attribute("aria-label") == "matmul"
    page.locator("#graph .node[aria-label=sigmoid]").click()
    assert "sigmoid" in page.locator("#detail h2").inner_text()
    page.locator("#graph .node[aria-label=b]").click()
    assert "h2 + b" in page.locator("#detail h2").inner_text()


def test_modules_fold(opened):
    page = opened(network())
    rows, nodes = page.locator("#list .row"), page.locator("#graph .node")
    before = rows.count(), nodes.count()
    page.locator("#list .heading", has_text="model.0 Sequential").first.click()
    assert rows.count() < before[0]
    assert nodes.count() < before[1]
    assert page.locator("#graph .node.module").count() == 1
    page.get_by_label("unfold model.0", exact=True).first.click()
    assert (rows.count(), nodes.count()) == before


def test_an_element_is_followed(opened):
    page = opened(small())
    page.locator("#list .row", has_text="h2 = x @ h1").click()
    page.locator("section.card[aria-label=h2] td.pick").nth(3).click()
    formula = page.locator(".element").inner_text()
    assert "h2[1, 1] = x[1, 0] × h1[0, 1] + x[1, 1] × h1[1, 1] + x[1, 2] × h1[2, 1]" in formula
    assert page.locator("section.card[aria-label=x] td.from").count() == 3
    page.get_by_label("previous element").click()
    assert "h2[1, 0]" in page.locator(".element").inner_text()


def test_numbers_are_changed_and_gradients_follow(opened):
    x = autograd.tensor([1.0, 2.0], requires_grad=True)

    def loss(x):
        return (x * x * 3).sum()

    page = opened(explore(loss, x))
    card = page.locator("section.card[aria-label=x]").first
    card.get_by_role("button", name="change numbers").click()
    field = page.get_by_label("x[1]", exact=True)
    field.fill("-4")
    field.press("Enter")
    page.keyboard.press("Tab")
    last = page.locator("#list .row").last
    last.click()
    y = autograd.tensor([1.0, -4.0], requires_grad=True)
    loss(y).backward()
    cells = page.locator("section.card.differs").last.locator("td[data-flat]")
    assert [float(text.replace("−", "-")) for text in cells.all_inner_texts()] == y.grad.tolist()
    page.get_by_role("button", name="undo changes").click()
    cells = page.locator(".cards .card").last.locator("td[data-flat]")
    assert [float(text) for text in cells.all_inner_texts()] == [6.0, 12.0]
    page.keyboard.press("Home")
    field = page.get_by_label("x[1]", exact=True)
    field.fill("four")
    field.press("Enter")
    assert "is no number" in page.locator("#said").inner_text()


def test_a_question_of_python_is_told_when_its_answer_changes(opened):
    page = opened(
        explore(lambda x: x.sum() if x.sum() > 0 else x.prod(), autograd.tensor([1.0, 2.0], requires_grad=True))
    )
    page.locator("section.card[aria-label=x]").first.get_by_role("button", name="change numbers").click()
    field = page.get_by_label("x[0]", exact=True)
    field.fill("-9")
    field.press("Enter")
    assert "might go another way" in page.locator("#doubt").inner_text()


def test_nan_is_marked_and_jumped_to(opened):
    x = autograd.tensor([[1.0, -2.0], [0.3, 0.8]], requires_grad=True)
    page = opened(explore(lambda x: (autograd.log(x * 1) * x).mean(), x))
    assert current(page) == 1  # it opens where NaN begins
    page.keyboard.press("End")
    page.get_by_role("button", name="NaN: h2, step 1").click()
    assert current(page) == 1
    assert "it begins here" in page.locator("#detail .mark.bad").inner_text()
    assert "log(−2)" in page.locator(".element").inner_text()


def test_a_wrong_rule_opens_with_its_hint(opened):
    class Square(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, dz):
            return dz * ctx.saved_tensors[0]

    x = autograd.tensor([1.0, 2.0], requires_grad=True, dtype=autograd.float64)
    page = opened(autograd.check_grads(lambda x: Square.apply(x).sum(), (x,)).explore())
    assert "factor 2 is missing" in page.get_by_role("alert").inner_text()
    assert "WRONG: Square" in page.locator("#problems").inner_text()


def test_the_frame_of_a_notebook(opened):
    page = opened(f"<!doctype html><title>cell</title>{small()._repr_html_()}")
    frame = page.frame_locator("iframe")
    frame.locator("#next").click()
    frame.locator("#next").click()
    assert frame.locator("#detail h2 .number").inner_text() == "2"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_windows_do_not_scroll_sideways(scheme, opened):
    page = opened(network(), 400, scheme)
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


NAMELESS = """() => [...document.querySelectorAll("button, input, [role=button], [role=img], canvas, section, table")]
    .filter((node) => !node.hidden && !(node.getAttribute("aria-label") ?? node.getAttribute("aria-labelledby")
        ?? node.querySelector("caption, title")?.textContent ?? node.textContent).trim())
    .map((node) => node.outerHTML.slice(0, 80))"""


def test_everything_has_a_name_and_keys_reach_it(opened):
    page = opened(network())
    for _ in range(14):
        assert page.evaluate(NAMELESS) == []
        page.keyboard.press("ArrowRight")
    assert page.locator("#list .row[tabindex='0']").count() == 1
    assert page.evaluate("document.activeElement.getAttribute('aria-current')") == "step"
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((h) => +h.tagName[1])")
    assert levels[0] == 1
    table = page.locator("table.numbers").first
    assert table.locator("caption").count() == 1


CONTRAST = """() => {
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const back = parts(getComputedStyle(at).backgroundColor);
      if (back.length < 4 || back[3] === 1) return back;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("p, code, button, h1, h2, h3, h4, small, .badge, .what, caption, th")]
    .filter((node) => node.checkVisibility() && node.textContent.trim() && !node.closest(".minor, :disabled"))
    .map((node) => {
      const [a, b] = [light(parts(getComputedStyle(node).color)), light(behind(node))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.outerHTML.slice(0, 90)];
    }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(scheme, opened):
    page = opened(network(), 1280, scheme)
    for key in ("Home", "j", "j", "b", "j"):
        page.keyboard.press(key)
        assert page.evaluate(CONTRAST) == []


def test_printing_shows_list_and_step(opened):
    page = opened(small())
    page.emulate_media(media="print")
    assert not page.locator("#next").is_visible()
    assert page.locator("#detail h2").is_visible()
    assert page.locator("#list .row").last.is_visible()
    assert len(page.pdf()) > 10_000


def test_values_shown_are_those_recorded(opened):
    found = small()
    page = opened(found)
    page.keyboard.press("j")
    cells = page.locator("section.card[aria-label=h2]").first.locator("table").first.locator("td[data-flat]")
    shown = [float(text.replace("−", "-")) for text in cells.all_inner_texts()]
    h2 = next(slot for slot in found.description.slots if slot.name == "h2")
    np.testing.assert_allclose(shown, array_of(h2.value).reshape(-1), rtol=6e-3)


COMPUTED = (
    *("silu", "softplus", "elu", "mish", "logsigmoid", "gelu_tanh", "gelu", "pow", "logaddexp", "asinh", "round"),
    *("avg_pool", "max_pool", "attention", "softmax", "logsumexp", "var", "std", "vector_norm", "prod", "amax", "amin"),
    *("cumsum", "flip", "roll", "tile", "repeat", "pad", "tril", "unbind", "embedding"),
    *("nll", "binary_cross_entropy", "binary_cross_entropy_with_logits", "remainder", "layer_norm"),
)
"""Operations that a page computes itself: forward and back it comes to what was recorded."""


def test_the_page_computes_operations_itself(opened):
    from nn.examples import examples

    table, unknown = examples(), {}
    known = [name for name in COMPUTED if name in table]
    assert len(known) >= len(COMPUTED) - 2
    for name in known:
        page = opened(explore(table[name].call, *table[name].tensors()))
        said = page.locator("#notes").inner_text()
        if "does not know how to compute" in said:
            unknown[name] = said
    assert unknown == {}


def test_the_page_says_what_it_cannot_compute(opened):
    page = opened(explore(lambda x: autograd.linalg.svdvals(x).sum(), autograd.eye(3) * 2))
    assert "The page does not know how to compute svdvals" in page.locator("#notes").inner_text()
