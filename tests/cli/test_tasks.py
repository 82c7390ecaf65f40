"""`astrid evaluate` of a model of several tasks that was trained on groups of texts."""

import json

import pytest

from astrid.text.load import DataSpec, load_splits


@pytest.fixture
def posts(tmp_path):
    path = tmp_path / "posts.csv"
    rows = ["text,who,mood,tone"]
    for who in range(40):
        mood, tone = ("glad", "sad")[who % 2], ("calm", "angry", "cold")[who % 3]
        rows += [f"{word} {mood} {tone} in post {who},{who},{mood},{tone}" for word in "abc"]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_nobody_that_was_learnt_from_is_judged_on(astrid, posts, tmp_path):
    out = tmp_path / "model"
    data = ["data=file", f"data.params.path={posts}", "data.seed=3", "join_groups=true"]
    data += ["data.params.label_fields=[mood,tone]", "data.params.group_field=who"]
    quick = ["encoder=demo-step5", "trainer=quick", "encoder.vocab_size=150"]
    code, _, _ = astrid("train", *quick, *data, "--out", out)
    assert code == 0
    code, (said,), _ = astrid(
        "evaluate", out, "--data", posts, "--label-field", "mood,tone", "--json"
    )
    assert code == 0
    trained_on = json.loads((out / "astrid.json").read_text())["spec"]["data"]
    test = load_splits(DataSpec.model_validate(trained_on)).test
    people = {document.group for document in test}
    assert said["evaluation"]["unit"] == "group"
    assert said["evaluation"]["units"] == len(people) < len(test)
