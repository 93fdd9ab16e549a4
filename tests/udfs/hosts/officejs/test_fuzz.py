"""Anything at all sent to the interface as it describes itself: an answer it describes, never an error of the server."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from udfs.hosts.officejs.app import create_app
from udfs.hosts.officejs.settings import Settings

CHECKED = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


INTERFACE = schemathesis.openapi.from_dict(create_app(Settings()).openapi())
OPERATIONS = {result.ok().label: result.ok() for result in INTERFACE.get_all_operations()}
SOUND, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
TRIED = [
    (label, mode)
    for label in sorted(OPERATIONS)
    for mode in (SOUND, WRONG)
    if (label, mode) != ("GET /api/hello", WRONG)
]
"""What is sent: what the interface asks for, and what it does not; `hello` takes nothing that could be wrong."""


def test_the_whole_interface_is_described():
    assert set(OPERATIONS) == {
        "GET /api/hello", "POST /api/calls", "POST /api/commands/{name}", "GET /api/jobs/{name}",
        "DELETE /api/jobs/{name}",
    }  # fmt: skip


@pytest.mark.parametrize(("label", "mode"), TRIED)
def test_anything_is_answered_as_described(label, mode, program):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def answered(case):
        headers = {"Origin": program.base}
        case.call_and_validate(base_url=program.base, headers=headers, verify=str(program.certificate), checks=CHECKED)

    answered()
