//! One source file as the rules see it: words in order, without comments and texts.

/// A word, `::` or one other character of code, and the line it stands on.
#[derive(Debug)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

#[derive(Debug)]
pub struct Source {
    /// Relative to `src/`, with `/`.
    pub path: String,
    pub text: String,
    pub tokens: Vec<Token>,
}

impl Source {
    pub fn read(path: &str, text: &str) -> Self {
        let tokens = tokens(&code(text));
        Self { path: path.to_owned(), text: text.to_owned(), tokens }
    }

    /// The text of the token at `index`, empty beyond the end.
    pub fn at(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &token.text)
    }

    /// The text of the token before `index`, empty at the beginning.
    pub fn before(&self, index: usize) -> &str {
        index.checked_sub(1).map_or("", |index| self.at(index))
    }

    /// The module this file is: `store/row.rs` is `store::row`, `store/mod.rs` is `store`.
    pub fn module(&self) -> Vec<String> {
        let stem = self.path.strip_suffix(".rs").unwrap();
        let mut module: Vec<String> = stem.split('/').map(str::to_owned).collect();
        let root = module.len() == 1 && matches!(stem, "lib" | "main");
        if root || module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        module
    }

    /// The room this file stands in: its first folder, or its own name.
    pub fn room(&self) -> &str {
        let path = self.path.strip_suffix(".rs").unwrap();
        path.split('/').next().unwrap()
    }

    /// Every `crate::x` and every `super::…` that climbs to it, as the room `x` and its line.
    pub fn rooms_named(&self) -> Vec<(&str, usize)> {
        let mut named = Vec::new();
        let mut module = self.module();
        let mut depth = 0_usize;
        let mut inline = Vec::new();
        for index in 0..self.tokens.len() {
            match self.at(index) {
                "{" => {
                    depth += 1;
                    if index > 1 && self.at(index - 2) == "mod" {
                        module.push(self.at(index - 1).to_owned());
                        inline.push(depth);
                    }
                }
                "}" => {
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        module.pop();
                    }
                    depth = depth.saturating_sub(1);
                }
                "crate" | "countersign" if self.before(index) != "::" => {
                    self.first_names(index + 1, &mut named);
                }
                "super" if !self.continues_a_climb(index) => {
                    let (after, height) = self.climb(index);
                    if height >= module.len() {
                        self.first_names(after, &mut named);
                    }
                }
                _ => {}
            }
        }
        named
    }

    fn continues_a_climb(&self, index: usize) -> bool {
        index > 1 && self.at(index - 1) == "::" && self.at(index - 2) == "super"
    }

    /// How many times `super` stands in a row, and where the path goes on.
    fn climb(&self, start: usize) -> (usize, usize) {
        let mut after = start + 1;
        let mut height = 1;
        while self.at(after) == "::" && self.at(after + 1) == "super" {
            after += 2;
            height += 1;
        }
        (after, height)
    }

    /// What follows the root of the crate at `start`: one name, or those of a group.
    fn first_names<'a>(&'a self, start: usize, named: &mut Vec<(&'a str, usize)>) {
        if self.at(start) != "::" {
            return;
        }
        if self.at(start + 1) != "{" {
            named.push((self.at(start + 1), self.tokens[start + 1].line));
            return;
        }
        let mut depth = 0_usize;
        for index in start + 1..self.tokens.len() {
            if depth == 1 && matches!(self.before(index), "{" | ",") && self.at(index) != "}" {
                named.push((self.at(index), self.tokens[index].line));
            }
            match self.at(index) {
                "{" => depth += 1,
                "}" if depth == 1 => return,
                "}" => depth -= 1,
                _ => {}
            }
        }
    }
}

/// The code alone: comments and the insides of texts become blanks, lines stay lines.
fn code(text: &str) -> String {
    let mut rest = text;
    let mut code = String::with_capacity(text.len());
    while let Some(first) = rest.chars().next() {
        let in_a_word = code.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let length = skipped(rest, in_a_word);
        if length == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            code.extend(rest[..length].chars().filter(|character| *character == '\n'));
            rest = &rest[length..];
        }
    }
    code
}

/// How much of the beginning of `rest` is a comment or a text; zero when it is code.
fn skipped(rest: &str, in_a_word: bool) -> usize {
    let end = |found: Option<usize>| found.unwrap_or(rest.len());
    if rest.starts_with("//") {
        return end(rest.find('\n'));
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if let Some(after) = rest.strip_prefix('"') {
        return 1 + quoted(after, '"');
    }
    if let Some(after) = rest.strip_prefix('\'') {
        // `'a` alone is a lifetime.
        let literal = after.starts_with('\\') || after.chars().nth(1) == Some('\'');
        return if literal { 1 + quoted(after, '\'') } else { 0 };
    }
    let raw = ["r", "br", "cr"].iter().find_map(|prefix| rest.strip_prefix(prefix));
    let Some(raw) = raw.filter(|_| !in_a_word) else { return 0 };
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    if !raw[hashes..].starts_with('"') {
        return 0;
    }
    let opening = rest.len() - raw.len() + hashes + 1;
    let closing = format!("\"{}", "#".repeat(hashes));
    end(rest[opening..].find(&closing).map(|length| opening + length + closing.len()))
}

/// The length up to and including the closing quote.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, character) in rest.char_indices() {
        if !escaped && character == quote {
            return index + character.len_utf8();
        }
        escaped = !escaped && character == '\\';
    }
    rest.len()
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut index = 0;
    while index < rest.len() {
        let here = &rest.as_bytes()[index..];
        if here.starts_with(b"/*") {
            depth += 1;
            index += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            index += 2;
            if depth == 0 {
                return index;
            }
        } else {
            index += 1;
        }
    }
    rest.len()
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (line, text) in code.lines().enumerate() {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let length = match word {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                word => word,
            };
            tokens.push(Token { text: rest[..length].to_owned(), line: line + 1 });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}
