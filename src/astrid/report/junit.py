"""A gate's answer as JUnit XML, which continuous integration shows as tests."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from astrid.analysis.gate import GateResult
from astrid.files import write_atomic
from astrid.measures.statistics.bootstrap import Estimate

# All that XML 1.0 can hold; what it can't has no escape either.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(found: GateResult) -> bytes:
    """One test suite with a test case a check, in UTF-8; a check that fails says why."""
    failed = sum(not check.passed for check in found.checks)
    counts = {"tests": str(len(found.checks)), "failures": str(failed), "errors": "0"}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": "astrid study gate", **counts, "skipped": "0"}
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(found):
        ElementTree.SubElement(properties, "property", {"name": _xml(name), "value": _xml(value)})
    classname = _xml(f"{found.candidate} against {found.teacher}")
    for check in found.checks:
        case = ElementTree.SubElement(
            suite, "testcase", {"name": check.asked, "classname": classname, "time": "0"}
        )
        said = f"{check.name} {check.estimate}: {check.reason}"
        if check.passed:
            ElementTree.SubElement(case, "system-out").text = _xml(said)
        else:
            failure = {"type": "gate", "message": _xml(check.reason)}
            ElementTree.SubElement(case, "failure", failure).text = _xml(said)
    ElementTree.indent(root)
    xml: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def write_junit(path: Path, found: GateResult) -> None:
    """Write the XML to `path`, which never holds half of it; InputError where that fails."""
    write_atomic(path, junit_xml(found))


def _properties(found: GateResult) -> Iterator[tuple[str, str]]:
    """Names and values of all that a reader needs to make the figures again."""
    yield "teacher", found.teacher
    yield "candidate", found.candidate
    yield "corpus", found.corpus
    yield "corpus.fingerprint", found.fingerprint
    yield "corpus.documents", str(found.documents)
    for name, value in found.settings.model_dump(mode="json", exclude_none=True).items():
        yield f"settings.{name}", str(value)
    for check in found.checks:
        yield from _estimate(check.name, check.estimate)
    yield from _estimate("teacher_accuracy", found.teacher_accuracy)
    yield from _estimate("prediction_agreement", found.prediction_agreement)
    yield from _estimate("chance", found.chance)
    for place, note in enumerate(found.notes, 1):
        yield f"note.{place}", note
    for package, version in found.versions.items():
        yield f"version.{package}", version


def _estimate(name: str, estimate: Estimate) -> Iterator[tuple[str, str]]:
    """An estimate's parts that have a value."""
    for part, value in estimate.to_dict().items():
        if estimate.defined and value is not None:
            yield f"{name}.{part}", str(value)


def _xml(text: str) -> str:
    """`text` without the characters that XML 1.0 has no way to write.

    >>> _xml("a\\x1b[2J<b>")
    'a[2J<b>'
    """
    return _NOT_XML.sub("", text)
