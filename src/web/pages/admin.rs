use askama::Template;

use super::Frame;
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::AdminTexts;

/// `/admin`: figures, for administrators.
#[derive(Template)]
#[template(path = "pages/admin.html")]
pub struct AdminPage<'a> {
    pub frame: &'a Frame<'a>,
    pub sums: Sums,
    /// Oldest first.
    pub days: Vec<DayLine>,
}

/// How many there are, from our records.
#[derive(Debug, Clone, Copy)]
pub struct Sums {
    pub accounts: i64,
    pub sessions: i64,
    pub keys: i64,
    pub clients: i64,
    pub waiting: i64,
}

/// What happened on one day, from our records.
#[derive(Debug, Clone, Copy)]
pub struct DayLine {
    pub begins: Timestamp,
    pub asked: i64,
    pub approved: i64,
    pub denied: i64,
    pub reported: i64,
}

/// A bar of the picture, in its own units.
struct Bar {
    class: &'static str,
    x: i64,
    y: i64,
    width: i64,
    height: i64,
}

/// How high the picture is, and how wide a day of it.
const HEIGHT: i64 = 120;
const DAY: i64 = 32;
const BAR: i64 = 8;

impl DayLine {
    /// As the table has it: the day alone.
    fn day(&self) -> String {
        self.begins.iso().chars().take(10).collect()
    }

    const fn counts(&self) -> [(&'static str, i64); 3] {
        let refused = self.denied.saturating_add(self.reported);
        [("asked", self.asked), ("approved", self.approved), ("refused", refused)]
    }
}

impl AdminPage<'_> {
    const fn words(&self) -> &AdminTexts {
        &self.frame.texts.admin
    }

    /// Left, top, width and height.
    fn view(&self) -> String {
        let width = i64::try_from(self.days.len()).unwrap_or(0) * DAY;
        format!("0 0 {width} {HEIGHT}")
    }

    /// The highest bar fills the picture; what happened at all is seen.
    fn bars(&self) -> Vec<Bar> {
        let counts = self.days.iter().flat_map(|day| day.counts().map(|(_, count)| count));
        let most = counts.max().unwrap_or(0).max(1);
        let bars = (0_i64..).zip(&self.days).flat_map(|(past, day)| {
            let bar = move |(place, (class, count)): (i64, (&'static str, i64))| {
                let height = (count.saturating_mul(HEIGHT) / most).max(count.min(2));
                let x = past * DAY + place * (BAR + 1);
                Bar { class, x, y: HEIGHT - height, width: BAR, height }
            };
            (0_i64..).zip(day.counts()).map(bar)
        });
        bars.filter(|bar| bar.height > 0).collect()
    }
}
