//! English, about what an agent is held to beside the end.

use super::plural;
use crate::web::texts::BoundsTexts;

pub const BOUNDS: BoundsTexts = BoundsTexts {
    title: "Limit it further",
    calls: "Calls at most",
    calls_hint: "How often the agent may call the API. Left empty, they are not counted.",
    bad_calls: "Write how many calls, such as 1000, or leave it empty.",
    idle: "Ends when unused for",
    idle_after: str::to_owned,
    left: "Calls left",
    left_of: |left, calls| format!("{left} of {calls}"),
    none_left: "None. The agent has to ask you again.",
    granted: "Calls",
    granted_calls: |calls| format!("{} at most", plural(calls, "call")),
};
