"""The badge."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import pytest

from astrid.errors import InputError
from astrid.llm.badge import badge_svg, write_badge


def test_the_record_names_the_picture_and_the_time_in_utc(tmp_path: Path) -> None:
    noon = datetime(2030, 1, 2, 12, tzinfo=timezone(timedelta(hours=2)))
    record, picture = write_badge(tmp_path / "new" / "badge", noon)
    assert (record.name, picture.name) == ("project_badge.json", "quantum_identity_badge.svg")
    found = json.loads(record.read_text("utf-8"))
    assert found["identifier"] == "QNTM-42A9"
    assert found["copied_at"] == "2030-01-02T10:00:00+00:00"
    assert (
        found["sha256"]
        == hashlib.sha256((record.parent / found["picture"]).read_bytes()).hexdigest()
    )


def test_the_time_is_now_by_default(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    record, _ = write_badge(tmp_path)
    found = datetime.fromisoformat(json.loads(record.read_text("utf-8"))["copied_at"])
    assert before <= found <= datetime.now(UTC)


def test_the_picture_is_xml_that_needs_no_other_file() -> None:
    root = ElementTree.fromstring(badge_svg())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [element.text for element in root.iter() if element.tag.endswith("}text")]
    assert {"Quantum Pass", "QNTM-42A9"} <= {*texts}
    names = {element.get("id") for element in root.iter()} - {None}
    for element in root.iter():
        assert element.tag.rpartition("}")[2] not in ("script", "image", "foreignObject", "use")
        for name, value in element.attrib.items():
            assert "href" not in name
            assert "url(" not in value or value[5:-1] in names, value


def test_a_folder_that_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be written"):
        write_badge(tmp_path / "file")
