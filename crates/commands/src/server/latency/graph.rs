//! LATENCY GRAPH: the samples of an event drawn with characters.

use command_spec::*;
use engine::*;

pub const LATENCY_GRAPH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "graph",
        group: Group::Server,
        summary: "Draws the samples of an event.",
        since: "2.8.13",
        complexity: "O(1)",
        arity: 3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        arguments: &[Argument::string("event")],
        ..CommandSpec::DEFAULT
    },
    graph,
);

/// Columns of the drawing.
const COLUMNS: usize = 80;
/// Rows of the drawing.
const ROWS: usize = 4;
/// Shades of one row, from low to high.
const SHADES: [char; 3] = ['_', 'o', '#'];

fn graph(context: &mut Context<'_>) -> CommandResult {
    let name = context.argv[2];
    let Some((event, history)) = super::event(context.state, name) else {
        let text = [b"No samples available for event '", name, b"'"].concat();
        return Err(CommandError::err(text));
    };
    let now_s = context.now_ms() / 1000;
    let skip = history.samples.len().saturating_sub(COLUMNS);
    let samples: Vec<(i64, u64)> = history.samples.iter().skip(skip).copied().collect();
    let high = samples.iter().map(|(_, ms)| *ms).max().unwrap_or(0);
    let low = samples.iter().map(|(_, ms)| *ms).min().unwrap_or(0);
    let mut text = format!(
        "{event} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        history.max_ms,
        "-".repeat(COLUMNS)
    );
    for row in (0..ROWS).rev() {
        let line: String = samples.iter().map(|(_, ms)| shade(*ms, low, high, row)).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push('\n');
    let ages: Vec<Vec<u8>> =
        samples.iter().map(|(unix_s, _)| age(now_s - unix_s).into_bytes()).collect();
    let height = ages.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..height {
        let line: String =
            ages.iter().map(|age| char::from(age.get(row).copied().unwrap_or(b' '))).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    context.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// The character of a sample in a row.
fn shade(ms: u64, low: u64, high: u64, row: usize) -> char {
    let steps = ROWS * SHADES.len() - 1;
    let span = (high - low).max(1);
    let step = usize::try_from((ms - low) * steps as u64 / span).unwrap_or(steps).min(steps);
    if step / SHADES.len() == row {
        SHADES.get(step % SHADES.len()).copied().unwrap_or(' ')
    } else {
        ' '
    }
}

/// An age in its largest unit.
fn age(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::{age, shade};

    #[test]
    fn samples_stand_in_one_row() {
        for ms in 0..=100 {
            let rows = (0..super::ROWS).filter(|row| shade(ms, 0, 100, *row) != ' ').count();
            assert_eq!(rows, 1, "{ms}");
        }
        assert_eq!(shade(5, 5, 5, 0), '_');
        assert_eq!(age(59), "59s");
        assert_eq!(age(7200), "2h");
    }
}
