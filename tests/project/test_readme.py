"""What the README shows is what happens."""

import doctest
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_examples_run():
    blocks = README.read_text(encoding="utf-8").split("```python\n")[1:]
    sessions = [block.split("```")[0] for block in blocks if block.startswith(">>>")]
    assert len(sessions) == 3
    space: dict = {}
    for text in sessions:
        test = doctest.DocTestParser().get_doctest(text, space, "README", str(README), 0)
        results = doctest.DocTestRunner().run(test, clear_globs=False)
        assert results.attempted and not results.failed
        space = test.globs
