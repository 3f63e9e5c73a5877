//! How a table of moves answers: the new state, or where one would have had to stand.

use crate::{Error, Reason, Result};

/// The state after `action`; INVALID_STATE_TRANSITION names the states from which it leads on.
pub(crate) fn after<S: Copy + PartialEq, A: Copy + PartialEq>(
    moves: &[(S, A, S)],
    state: S,
    action: A,
    name: fn(S) -> &'static str,
) -> Result<S> {
    let found = moves.iter().find(|(from, by, _)| (*from, *by) == (state, action));
    found.map(|(_, _, to)| *to).ok_or_else(|| {
        let allowed = moves.iter().filter(|(_, by, _)| *by == action);
        let allowed: Vec<&str> = allowed.map(|(from, _, _)| name(*from)).collect();
        Error::new(Reason::InvalidStateTransition)
            .with("currentState", name(state))
            .with("allowedStates", allowed.join(" "))
    })
}
