"""Runs last: which parts of the document did the other tests exercise?"""
import warnings


def test_every_operation_was_exercised(contract, request):
    if request.config.getoption("keyword") or len(request.session.items) < 100:
        import pytest
        pytest.skip("only a part of the suite runs")
    seen = {(method, template) for method, template, _ in contract.seen}
    never = set(contract.operations()) - seen
    assert not never, f"operations that no test exercised: {sorted(never)}"


def test_every_operation_succeeded_once(contract, request):
    if request.config.getoption("keyword") or len(request.session.items) < 100:
        import pytest
        pytest.skip("only a part of the suite runs")
    good = {(m, t) for m, t, status in contract.seen if status.startswith("2")}
    assert set(contract.operations()) <= good, set(contract.operations()) - good


def test_report_statuses_never_seen(contract):
    """A report, no verdict: some statuses (503, 507) need a machine in trouble."""
    missing = sorted(contract.statuses() - contract.seen)
    if missing:
        lines = [f"{status} of {method} {template}" for method, template, status in missing]
        warnings.warn("documented, never exercised: " + ", ".join(lines), stacklevel=1)
