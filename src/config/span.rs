//! Spans of time as operators write them: `90s`, `10m`, `24h`, `30d`.

use std::str::FromStr;

use crate::protocol::timestamp::Seconds;

/// A span of time longer than nothing and shorter than a century.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Seconds);

/// The text is not a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(r#"not a span of time; write a number from 1 up and s, m, h or d, such as "10m""#)]
pub struct NotASpan;

/// A hundred years: more is a slip of the keyboard.
const LONGEST: Seconds = Seconds::DAY.times(36_500);

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let (unit, count) = [
            (Seconds(1), text.strip_suffix('s')),
            (Seconds::MINUTE, text.strip_suffix('m')),
            (Seconds::HOUR, text.strip_suffix('h')),
            (Seconds::DAY, text.strip_suffix('d')),
        ]
        .into_iter()
        .find_map(|(unit, count)| count.map(|count| (unit, count)))
        .ok_or(NotASpan)?;
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotASpan);
        }
        let span = unit.times(count.parse().map_err(|_| NotASpan)?);
        if span < Seconds(1) || span > LONGEST {
            return Err(NotASpan);
        }
        Ok(Self(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("24h", 86_400), ("30d", 2_592_000)] {
            assert_eq!(text.parse(), Ok(Span(Seconds(seconds))), "{text}");
        }
        for text in [
            "",
            "m",
            "0s",
            "-1s",
            "+1s",
            "1.5h",
            "10",
            "10 m",
            "1w",
            "1h30m",
            "99999999999999999999d",
            "36501d",
        ] {
            assert_eq!(text.parse::<Span>(), Err(NotASpan), "{text:?}");
        }
    }
}
