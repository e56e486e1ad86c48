"""The benchmark of networks with a memory, with lessons so short that nothing is learned."""

from benchmarks import dnc as benchmark
from benchmarks.harness import Options


def test_every_network_is_trained_and_tried(monkeypatch):
    short = {case: (lengths, 2, lr) for case, (lengths, _, lr) in benchmark.LESSONS.items()}
    monkeypatch.setattr(benchmark, "LESSONS", short)
    said = []
    results = benchmark.measure("benchmarks.dnc", benchmark.cases(), Options(rounds=1), said.append)
    assert len(said) == 5 + 2 + 2
    for case in benchmark.cases():
        for engine in case.engines:
            figures = results.cases[case.name][engine]
            assert len(figures.cpu[""]) == 1 and figures.notes
            assert all(0 <= each <= 1 for each in figures.notes.values())
    goals = benchmark.goals(results)
    assert all(goal.figure is not None for goal in goals)
    assert not all(goal.reached for goal in goals)
