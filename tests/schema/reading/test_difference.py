"""The compiled path and a slow, plain one give the same answers."""

import asyncio
import os
from typing import Any, Final

import asyncpg
import pytest
from graphql import validate
from graphql.language import parse
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from schema.reading import plain
from tests.schema.reading.documents import documents
from tests.schema.reading.library import Viewer, schema
from tests.schema.reading.slow import Slow
from tests.schema.reading.stock import Rows

EXAMPLES: Final = int(os.environ.get("EXAMPLES", "100"))


@pytest.mark.timeout(120 + EXAMPLES)
def test_any_document_is_answered_as_the_slow_path_answers_it(library_url: str, rows: Rows) -> None:
    graphql = schema._schema
    sdl = schema.as_str()
    slow = [Slow(sdl, rows, library["id"]) for library in rows["library"]]

    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(library_url))

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(asked=documents(graphql, rows), which=st.integers(0, 2))
        def compare(asked: tuple[str, dict[str, Any]], which: int) -> None:
            document, variables = asked
            assume(not validate(graphql, parse(document)))
            viewer = Viewer(connection, rows["library"][which]["id"])

            result = runner.run(schema.execute(document, variables, context_value=viewer))

            assert result.errors is None, (result.errors, document, variables)
            assert plain(result.data) == plain(slow[which].answer(document, variables))

        compare()
        runner.run(connection.close())
