//! A minimal MCP server over streamable HTTP: initialize, ping, and two tools. Stateless,
//! so it keeps no MCP session and offers no stream.

use serde::Deserialize;
use serde_json::{Value, json};

use super::demo::Notes;
use crate::protocol::json as strict;

/// The protocol revisions this server speaks, newest first.
const REVISIONS: [&str; 4] = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"];

/// What goes back to the MCP client.
pub enum Answer {
    Reply(Value),
    /// Nothing that can be answered: an HTTP error with a JSON-RPC error in it (MCP,
    /// "Streamable HTTP").
    Unreadable(Value),
    /// A notification, which has no answer.
    Accepted,
}

#[derive(Deserialize)]
struct Message {
    id: Option<Value>,
    method: Option<String>,
    #[serde(default)]
    params: Value,
}

/// Answers one JSON-RPC message. `require` refuses a session that lacks any of the scopes.
pub fn answer<E>(
    body: &[u8],
    notes: &Notes,
    require: impl Fn(&str) -> Result<(), E>,
) -> Result<Answer, E> {
    let Ok(message) = strict::parse::<Message>(body) else {
        let failure = failure(&Value::Null, -32_700, "not a JSON-RPC message");
        return Ok(Answer::Unreadable(failure));
    };
    let Some(id) = message.id else { return Ok(Answer::Accepted) };
    let result = match message.method.as_deref() {
        Some("initialize") => initialize(&message.params),
        Some("ping") => json!({}),
        Some("tools/list") => json!({ "tools": tools() }),
        Some("tools/call") => return call(&id, &message.params, notes, require),
        Some(_) => return Ok(Answer::Reply(failure(&id, -32_601, "no such method"))),
        None => return Ok(Answer::Accepted),
    };
    Ok(Answer::Reply(json!({ "jsonrpc": "2.0", "id": id, "result": result })))
}

fn initialize(params: &Value) -> Value {
    let wanted = params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    let agreed = REVISIONS.iter().find(|known| **known == wanted).unwrap_or(&"2025-06-18");
    json!({
        "protocolVersion": agreed,
        "capabilities": { "tools": {} },
        "serverInfo": { "name": "countersign-demo", "version": env!("CARGO_PKG_VERSION") },
    })
}

fn tools() -> Value {
    json!([
        {
            "name": "read_notes",
            "description": "Reads the demo notes",
            "inputSchema": { "type": "object", "properties": {} },
        },
        {
            "name": "add_note",
            "description": "Adds a demo note; needs the scope demo:write",
            "inputSchema": {
                "type": "object",
                "properties": { "text": { "type": "string" } },
                "required": ["text"],
            },
        },
    ])
}

fn call<E>(
    id: &Value,
    params: &Value,
    notes: &Notes,
    require: impl Fn(&str) -> Result<(), E>,
) -> Result<Answer, E> {
    let text = match params.get("name").and_then(Value::as_str) {
        Some("read_notes") => serde_json::to_string(&notes.all()).unwrap_or_default(),
        Some("add_note") => {
            require("demo:read demo:write")?;
            let text = params.pointer("/arguments/text").and_then(Value::as_str);
            match text.and_then(|text| notes.add(text)) {
                Some(note) => note.text,
                None => return Ok(Answer::Reply(failure(id, -32_602, "text is missing"))),
            }
        }
        _ => return Ok(Answer::Reply(failure(id, -32_602, "no such tool"))),
    };
    let content = json!([{ "type": "text", "text": text }]);
    Ok(Answer::Reply(json!({ "jsonrpc": "2.0", "id": id, "result": { "content": content } })))
}

fn failure(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}
