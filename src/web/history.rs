//! Account → History: a page at a time, and all of it as a file. Only the browser's own person
//! is asked for, so there is no way to name anybody else.

use std::io;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;

use super::account::person_error;
use super::pages::history::{AccountLine, HistoryPage};
use super::person::{to_sign_in, visitor};
use crate::app::App;
use crate::domain::account_history::{Group, Recorded, Wanted};
use crate::domain::id::{AccountId, SessionId};
use crate::flow::account_history::{self, Line};

/// The columns of an export, as its first line has them.
const COLUMNS: [&str; 13] = [
    "id",
    "time",
    "kind",
    "account",
    "agent",
    "session",
    "registration",
    "approval",
    "key",
    "resource",
    "cause",
    "address",
    "detail",
];

/// `GET /account/history`.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let wanted = wanted(&request);
    let (recorded, more) = match account_history::page(&app, human, &wanted).await {
        Ok(found) => found,
        Err(error) => return person_error(&app, &visitor, &error.into()),
    };
    let last = recorded.last().map(|last| last.id.as_str());
    let page = HistoryPage {
        frame: &visitor.frame(&app),
        lines: recorded.iter().map(|recorded| line(&app, recorded)).collect(),
        group: wanted.group,
        session: wanted.session.as_ref().map(SessionId::as_str),
        older: last.filter(|_| more),
        is_later_page: wanted.before.is_some(),
    };
    visitor.page(&app, 200, &page)
}

fn wanted(request: &HttpRequest) -> Wanted {
    let mut wanted = Wanted::default();
    for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
        match &*name {
            "group" => wanted.group = Group::named(&value),
            "session" => wanted.session = word(&value).map(SessionId),
            "before" => wanted.before = word(&value),
            _ => {}
        }
    }
    wanted
}

/// An identifier as ours are spelled.
fn word(text: &str) -> Option<String> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (text.len() <= 64 && text.bytes().all(is_letter)).then(|| text.to_owned())
}

fn line<'a>(app: &App, recorded: &'a Recorded) -> AccountLine<'a> {
    let event = &recorded.event;
    AccountLine {
        at: event.at,
        kind: event.kind,
        agent: event.agent.as_deref(),
        address: &event.address,
        place: app.place(&event.address),
    }
}

/// `GET /account/history/export.csv`.
pub async fn csv(request: HttpRequest, app: Data<App>) -> HttpResponse {
    export(&request, app, Format::Csv).await
}

/// `GET /account/history/export.jsonl`.
pub async fn json_lines(request: HttpRequest, app: Data<App>) -> HttpResponse {
    export(&request, app, Format::JsonLines).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    JsonLines,
}

impl Format {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/jsonl",
        }
    }

    const fn disposition(self) -> &'static str {
        match self {
            Self::Csv => r#"attachment; filename="history.csv""#,
            Self::JsonLines => r#"attachment; filename="history.jsonl""#,
        }
    }

    fn write(self, lines: Vec<Line>) -> io::Result<Vec<u8>> {
        match self {
            Self::Csv => rows(lines.into_iter().map(cells)),
            Self::JsonLines => {
                let mut text = Vec::new();
                for line in lines {
                    serde_json::to_writer(&mut text, &line)?;
                    text.push(b'\n');
                }
                Ok(text)
            }
        }
    }
}

async fn export(request: &HttpRequest, app: Data<App>, format: Format) -> HttpResponse {
    let visitor = match visitor(&app, request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(request) };
    let account = human.account().id.clone();
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.content_type()))
        .insert_header((CONTENT_DISPOSITION, format.disposition()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(written(app.into_inner(), account, format))
}

/// Where an export stands.
enum Next {
    First,
    Before(String),
    Nothing,
}

/// The file, a stretch at a time: nothing of it is held longer than it takes to send.
fn written(
    app: Arc<App>,
    account: AccountId,
    format: Format,
) -> impl stream::Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(Next::First, move |next| {
        let (app, account) = (Arc::clone(&app), account.clone());
        async move {
            let (before, mut text) = match next {
                Next::First if format == Format::Csv => (None, rows([COLUMNS.map(str::to_owned)])?),
                Next::First => (None, Vec::new()),
                Next::Before(id) => (Some(id), Vec::new()),
                Next::Nothing => return Ok(None),
            };
            let found = account_history::stretch(&app, &account, before).await;
            let found = found.map_err(io::Error::other)?;
            let next = found.last().map_or(Next::Nothing, |last| Next::Before(last.id.clone()));
            text.extend(format.write(found.into_iter().map(Line::from).collect())?);
            Ok(Some((Bytes::from(text), next)))
        }
    })
}

fn rows(rows: impl IntoIterator<Item = [String; COLUMNS.len()]>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.map(inert))?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

fn cells(line: Line) -> [String; COLUMNS.len()] {
    let or_empty = Option::unwrap_or_default;
    [
        line.id,
        line.time,
        line.kind.to_owned(),
        or_empty(line.account),
        or_empty(line.agent),
        or_empty(line.session),
        or_empty(line.registration),
        or_empty(line.approval),
        or_empty(line.key),
        or_empty(line.resource),
        or_empty(line.cause),
        line.address,
        or_empty(line.detail),
    ]
}

/// What strangers name themselves must not run when a spreadsheet opens it (CWE-1236).
fn inert(cell: String) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if runs { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-1236: a cell that a spreadsheet would run begins with a mark that says it is text.
    #[test]
    fn no_cell_of_an_export_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(inert(formula.to_owned()), format!("'{formula}"));
        }
        let row = std::array::from_fn(|place| format!("=cell \"{place}\", more"));
        let text = String::from_utf8(rows([row]).expect("written")).expect("text");
        let cells: Vec<&str> = text.trim_end().split("\",\"").collect();
        assert_eq!(cells.len(), COLUMNS.len(), "{text}");
        assert!(cells.iter().all(|cell| cell.trim_start_matches('"').starts_with("'=")), "{text}");
        assert_eq!(inert("desk = 1".to_owned()), "desk = 1");
    }
}
