"""The folder compared with what is recorded."""

from __future__ import annotations

from verdigris.core.flags import Applied
from verdigris.migrations.state import compare

A, B, C = "0001_a.py", "0002_b.py", "0003_c.py"


def test_what_is_not_recorded_is_pending() -> None:
    state = compare({C: "c", A: "a", B: "b"}, [Applied(A, "2026-01-01", "a")])
    assert (state.pending, state.applied) == ((B, C), (A,))
    assert (state.changed, state.missing, state.faults, state.notes) == ((), (), (), ())


def test_a_changed_or_missing_migration_is_a_fault_with_a_way_to_mend_it() -> None:
    state = compare({A: "9" * 64}, [Applied(A, "2026-01-01", "1" * 64), Applied(B, "2026-01-02", "b")])
    assert (state.changed, state.missing) == ((A,), (B,))
    changed, missing = state.faults
    assert changed.startswith("0001_a.py (or a module that it imports) has changed since it was applied at 2026-01-01")
    assert "was 111111111111… and is 999999999999…" in changed
    assert missing.startswith("0002_b.py was applied at 2026-01-02 and its file is gone")
    assert all("verdigris migrations repair" in fault for fault in state.faults)


def test_records_of_other_tools_are_applied_whatever_the_folder_holds() -> None:
    state = compare({A: "a"}, [Applied(A, "2020-01-01"), Applied("0001-old.js", "2019-01-01")])
    assert (state.pending, state.changed, state.missing, state.faults) == ((), (), (), ())
    assert state.applied == ("0001-old.js", A)


def test_a_late_migration_is_said() -> None:
    (note,) = compare({A: "a", B: "b", C: "c"}, [Applied(B, "2026-01-01", "b")]).notes
    assert note.startswith("0001_a.py is pending though 0002_b.py, which comes after it, was applied already")


def test_what_a_deployment_applied_does_not_run_again_though_its_record_is_gone() -> None:
    state = compare({A: "a", B: "b"}, [Applied(A, "2026-01-01", "a")], {A: 2, B: 3, C: 3})
    assert (state.pending, state.forgotten) == ((B,), (B,))
    (fault,) = state.faults
    assert fault.startswith("0002_b.py was applied by deployment 3, and the deploy table's record of it is gone")
