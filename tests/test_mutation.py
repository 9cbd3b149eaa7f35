"""Does any small change of the claims go unnoticed? All of them are tried; the score is printed."""

from __future__ import annotations

import os
from collections import Counter
from fnmatch import fnmatchcase
from multiprocessing import get_context
from pathlib import Path

import pytest
from avidity_loaders.inputs import Inputs
from pydantic import BaseModel, ConfigDict, TypeAdapter
from ruamel.yaml import YAML

from tests.mutants import mutants
from tests.trying import Fate, Trial

_trial: Trial | None = None


class Survivor(BaseModel):
    """What may survive, by patterns as in file names, and why that is no harm."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: str = "*"
    field: str = "*"
    change: str = "*"
    reason: str

    def covers(self, fate: Fate) -> bool:
        pairs = ((fate.claim, self.claim), (fate.field, self.field), (fate.change, self.change))
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)


def survivors() -> list[Survivor]:
    path = Path(__file__).parent / "survivors.yaml"
    return TypeAdapter(list[Survivor]).validate_python(YAML(typ="safe", pure=True).load(path.read_text("utf-8")))


def start() -> None:
    global _trial
    _trial = Trial(Inputs.shipped())


def fates_of(index: int) -> list[Fate]:
    assert _trial is not None
    found = mutants(index, _trial.proven.proofs[index], _trial.proven.vocabulary)
    return [_trial.try_out(mutant) for mutant in found]


@pytest.fixture(scope="module")
def fates() -> list[Fate]:
    files = len(list((Inputs.shipped().seeds / "claims").rglob("*.yaml")))
    with get_context("spawn").Pool(min(2, os.cpu_count() or 1), start) as pool:
        return [fate for own in pool.imap_unordered(fates_of, range(files)) for fate in own]


def test_every_change_of_a_claim_is_noticed_or_listed(fates: list[Fate], capsys: pytest.CaptureFixture[str]) -> None:
    listed = survivors()
    lived = [fate for fate in fates if fate.killed_by is None]
    killers = Counter((fate.killed_by or "survived").split()[0] for fate in fates)
    with capsys.disabled():
        print(f"\nmutants of the claims: {len(fates)}; " + ", ".join(f"{n} {who}" for who, n in killers.most_common()))
    assert len(fates) > 3800
    assert len(lived) < 110
    unlisted = [fate for fate in lived if not any(entry.covers(fate) for entry in listed)]
    assert unlisted == []


def test_the_list_of_survivors_excuses_nothing_that_is_noticed(fates: list[Fate]) -> None:
    lived = [fate for fate in fates if fate.killed_by is None]
    assert [entry for entry in survivors() if not any(entry.covers(fate) for fate in lived)] == []
