//! Where rows are kept, and a URL that never prints its password.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;
use zeroize::Zeroizing;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// One file; relative to the working directory unless it begins with a slash.
    Sqlite(PathBuf),
    Postgres(PostgresUrl),
}

/// A `postgres://` URL. `Debug` and `Display` hide its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(Zeroizing<String>);

/// Why a text names no database, and what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADatabase {
    #[error("not a database; write sqlite://FILE or postgres://user:password@host/name")]
    UnknownScheme,
    #[error(
        "not a file; write sqlite://countersign.db, or sqlite:///var/lib/countersign.db when absolute"
    )]
    NotAFile,
    #[error("not a PostgreSQL URL; percent-encode reserved characters in user and password")]
    NotPostgres,
}

impl PostgresUrl {
    /// The URL with its password, for the one place that connects.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = NotADatabase;

    fn from_str(text: &str) -> Result<Self, NotADatabase> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            let odd = |c: char| c.is_control() || matches!(c, '?' | '#');
            let no_file = path.is_empty() || path.ends_with('/') || path.starts_with(':');
            if no_file || path.contains(odd) {
                return Err(NotADatabase::NotAFile);
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if !is_postgres(text) {
            return Err(NotADatabase::UnknownScheme);
        }
        let url = Url::parse(text).map_err(|_| NotADatabase::NotPostgres)?;
        if reads_otherwise(&url) {
            return Err(NotADatabase::NotPostgres);
        }
        Ok(Self::Postgres(PostgresUrl(Zeroizing::new(text.to_owned()))))
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

/// A database URL fit to print: its password replaced by `***`, all of it where it is not
/// certain what the password is.
#[must_use]
pub fn masked(text: &str) -> String {
    if text.starts_with("sqlite:") {
        return text.to_owned();
    }
    let hidden = String::from("***");
    let Ok(mut url) = Url::parse(text) else { return hidden };
    let secret_parameter = url.query_pairs().any(|(name, _)| name.contains("pass"));
    if !is_postgres(text) || reads_otherwise(&url) || secret_parameter {
        return hidden;
    }
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return hidden;
    }
    url.into()
}

fn is_postgres(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// A password with an unescaped `/`, `?` or `#` ends up in path, query or fragment.
fn reads_otherwise(url: &Url) -> bool {
    let misplaced = |part: &str| part.contains('@');
    misplaced(url.path()) || url.query().is_some_and(misplaced) || url.fragment().is_some()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn database(text: &str) -> Result<DatabaseUrl, NotADatabase> {
        text.parse()
    }

    #[test]
    fn sqlite_names_a_relative_or_absolute_file() {
        for (text, path) in [
            ("sqlite://countersign.db", "countersign.db"),
            ("sqlite://./kept/c.db", "./kept/c.db"),
            ("sqlite:///var/lib/c.db", "/var/lib/c.db"),
        ] {
            assert_eq!(database(text), Ok(DatabaseUrl::Sqlite(Path::new(path).to_owned())));
        }
        for text in ["sqlite://", "sqlite:///", "sqlite://:memory:", "sqlite://c.db?mode=ro"] {
            assert_eq!(database(text), Err(NotADatabase::NotAFile), "{text}");
        }
    }

    #[test]
    fn postgres_has_two_spellings() {
        for text in [
            "postgres://u:p@h/db",
            "postgresql://u@h:5432/db?sslmode=require",
            "postgres:///db?host=/run/postgresql",
        ] {
            let Ok(DatabaseUrl::Postgres(url)) = database(text) else { panic!("{text}") };
            assert_eq!(url.reveal(), text);
        }
        assert_eq!(database("mysql://h/db"), Err(NotADatabase::UnknownScheme));
        assert_eq!(database("countersign.db"), Err(NotADatabase::UnknownScheme));
        assert_eq!(database("postgres://u:1#2@h/db"), Err(NotADatabase::NotPostgres));
    }

    /// Promise P3: no usable credential in a log, however the password is spelled.
    #[test]
    fn a_password_is_never_printed() {
        for password in ["hush", "hush%40h", "1/hush", "1?hush", "1#hush", "hush@hush", "hush:hush"]
        {
            let text = format!("postgres://ann:{password}@h/db");
            let shown = masked(&text);
            assert!(!shown.contains("hush") && shown.contains("***"), "{text} shows {shown}");
            if let Ok(url) = database(&text) {
                assert!(!format!("{url:?}").contains("hush"), "{text}");
            }
        }
        assert_eq!(masked("postgres://ann:hush@h/db"), "postgres://ann:***@h/db");
        assert_eq!(masked("postgres://h/db?password=hush"), "***");
        assert_eq!(masked("mysql://ann:hush@h/db"), "***");
        assert_eq!(masked("sqlite://c.db"), "sqlite://c.db");
    }
}
