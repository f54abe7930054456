"""What a page shows, in its address: told apart from the echo of an address it wrote before."""

import time
from collections.abc import Mapping, Sequence

import streamlit as st

Query = dict[str, list[str]]

_ARRIVED_S = 2.0  # after which a browser has the new address


class Address:
    """The address of one page within a session.

    Args:
        page: beginning of its session keys.
    """

    def __init__(self, page: str) -> None:
        self._written = f"{page}_address"  # the query written last
        self._replaced = f"{page}_replaced"  # queries that were replaced, and when

    def arrived(self) -> Query | None:
        """The query of a newly opened address; None while it is the one that was written.

        What is clicked, or polled, before the new address has arrived in the browser comes with the
        one before: to follow that would take back what was done.
        """
        query = current()
        if not query or query == st.session_state.get(self._written):
            return None
        if any(query == old for old, _ in self._recent()):
            return None
        self._replace(query)
        return query

    def write(self, query: Mapping[str, Sequence[str]]) -> None:
        """Put what is shown into the address."""
        wanted = {name: list(values) for name, values in query.items()}
        self._replace(wanted)
        if wanted != current():
            st.query_params.from_dict(wanted)

    def _recent(self) -> list[tuple[Query, float]]:
        """The queries that were replaced a moment ago, and when."""
        now = time.monotonic()
        found = st.session_state.get(self._replaced, [])
        return [(query, when) for query, when in found if now - when < _ARRIVED_S]

    def _replace(self, query: Query) -> None:
        """Note that a query is the one of this session from now on."""
        written = st.session_state.get(self._written)
        if written not in (None, query):
            known = [one for one in self._recent() if one[0] != query]
            st.session_state[self._replaced] = [*known, (written, time.monotonic())]
        st.session_state[self._written] = query


def current() -> Query:
    """The address as the browser has it."""
    return {name: st.query_params.get_all(name) for name in st.query_params}
