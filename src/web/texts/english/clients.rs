use super::super::{Remedy, UnknownClientTexts, Words};

pub(super) const UNKNOWN_CLIENT: UnknownClientTexts = UnknownClientTexts {
    forgotten: Words {
        title: "This program has to introduce itself again",
        sentence: "A program sent you here under a name that this server does not know, perhaps \
                   because it was never used or has been removed. The program keeps the old name \
                   and is not told. Once it forgets the name, it gets a new one by itself.",
    },
    unreadable: Words {
        title: "This program cannot be recognised",
        sentence: "A program sent you here and names a page that should describe it. The page \
                   could not be fetched, or does not describe that program. Try again in a few \
                   minutes; if it stays like this, its makers have to mend the page.",
    },
    name: "The name it used",
    document: "The page it named",
    how: "How a program is made to forget its name",
    remedies: &[
        Remedy {
            program: "Claude Code",
            words: "Run /mcp, choose this server, and clear its authentication. Where that is not \
                    offered, remove the entry of this server under mcpOAuth; on a Mac it is in \
                    the keychain, under Claude Code-credentials.",
            exactly: Some("~/.claude/.credentials.json"),
        },
        Remedy {
            program: "Claude, on the web and on the desktop",
            words: "In the settings, under Connectors, remove this connector and add it again.",
            exactly: None,
        },
        Remedy {
            program: "ChatGPT",
            words: "In the settings, disconnect this app or connector and connect it again.",
            exactly: None,
        },
        Remedy {
            program: "Codex",
            words: "Log out of this server, under the name you gave it, and log in again.",
            exactly: Some("codex mcp logout NAME"),
        },
        Remedy {
            program: "Cursor",
            words: "In the settings, under MCP, log out of this server, or remove it and add it \
                    again.",
            exactly: None,
        },
        Remedy {
            program: "VS Code",
            words: "Open the command palette, run this command, and choose this server.",
            exactly: Some("Authentication: Remove Dynamic Authentication Providers"),
        },
        Remedy {
            program: "Gemini CLI",
            words: "Remove the entry of this server from this file.",
            exactly: Some("~/.gemini/mcp-oauth-tokens.json"),
        },
        Remedy {
            program: "mcp-remote, and every program that starts it",
            words: "Remove this folder. Every server it is connected to will ask you once more.",
            exactly: Some("rm -rf ~/.mcp-auth"),
        },
        Remedy {
            program: "MCP Inspector",
            words: "In the settings of the connection, clear the OAuth state.",
            exactly: None,
        },
    ],
    otherwise: Remedy {
        program: "Any other program",
        words: "Remove this server from its settings, add it again, and connect.",
        exactly: None,
    },
};
