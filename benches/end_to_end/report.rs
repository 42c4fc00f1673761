//! Medians, spans and ratios, as Markdown.

use std::time::Duration;

use super::load::Measured;

/// The rounds of one server under one workload.
pub struct Line {
    pub name: &'static str,
    pub rounds: Vec<Measured>,
}

pub fn line(name: &'static str) -> Line {
    Line { name, rounds: Vec::new() }
}

/// Median, smallest and largest.
pub fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [values[values.len() / 2], values[0], values[values.len() - 1]]
}

/// Prints a table whose first line is what the others are divided by, round by round.
pub fn table(title: &str, lines: &[Line]) {
    println!("\n| {title} | CPU µs/answer | answers/s | p99 ms | ratio to {} |", lines[0].name);
    println!("|---|---|---|---|---|");
    for line in lines {
        let [cost, least, most] = spread(line.rounds.iter().map(|round| round.cost));
        let [rate, ..] = spread(line.rounds.iter().map(|round| round.rate));
        let [p99, ..] = spread(line.rounds.iter().map(|round| round.p99));
        let pairs = line.rounds.iter().zip(&lines[0].rounds);
        let [ratio, low, high] = spread(pairs.map(|(ours, theirs)| ours.cost / theirs.cost));
        println!(
            "| {} | {cost:.1} ({least:.1}–{most:.1}) | {rate:.0} | {p99:.2} \
             | {ratio:.2} ({low:.2}–{high:.2}) |",
            line.name
        );
    }
}

/// As [`table`], of the 99th percentiles.
pub fn waits(title: &str, lines: &[Line]) {
    println!("\n| {title} | p99 ms | ratio to {} | answers/s |", lines[0].name);
    println!("|---|---|---|---|");
    for line in lines {
        let [p99, least, most] = spread(line.rounds.iter().map(|round| round.p99));
        let [rate, ..] = spread(line.rounds.iter().map(|round| round.rate));
        let pairs = line.rounds.iter().zip(&lines[0].rounds);
        let [ratio, low, high] = spread(pairs.map(|(ours, theirs)| ours.p99 / theirs.p99));
        println!(
            "| {} | {p99:.2} ({least:.2}–{most:.2}) | {ratio:.2} ({low:.2}–{high:.2}) | {rate:.0} |",
            line.name
        );
    }
}

/// Median, 99th percentile and the longest of some times.
pub fn spans(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |place: usize| times[place].as_secs_f64() * 1e3;
    let (median, p99) = (at(times.len() / 2), at(times.len() * 99 / 100));
    let (count, most) = (times.len(), at(times.len() - 1));
    format!("{median:.1} ms (median), {p99:.1} ms (p99), {most:.1} ms (longest of {count})")
}
