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
    found.map(|(_, _, to)| *to).ok_or_else(|| refusal(moves, state, action, name))
}

/// The state `to`, if `action` leads there; refused like [`after`].
pub(crate) fn after_to<S: Copy + PartialEq, A: Copy + PartialEq>(
    moves: &[(S, A, S)],
    state: S,
    action: A,
    to: S,
    name: fn(S) -> &'static str,
) -> Result<S> {
    match moves.contains(&(state, action, to)) {
        true => Ok(to),
        false => Err(refusal(moves, state, action, name)),
    }
}

/// INVALID_STATE_TRANSITION, with the states from which the action leads on.
pub(crate) fn refusal<S: Copy + PartialEq, A: Copy + PartialEq>(
    moves: &[(S, A, S)],
    state: S,
    action: A,
    name: fn(S) -> &'static str,
) -> Error {
    let mut allowed: Vec<&str> = Vec::new();
    for (from, ..) in moves.iter().filter(|(_, by, _)| *by == action) {
        if !allowed.contains(&name(*from)) {
            allowed.push(name(*from));
        }
    }
    Error::new(Reason::InvalidStateTransition)
        .with("currentState", name(state))
        .with("allowedStates", allowed.join(" "))
}
