//! Putting elements in order.

use std::cmp::Ordering;

use engine::{CommandError, Context};
use stdx::text::until_nul;

use super::options::Options;
use super::pattern;

const NOT_A_NUMBER: CommandError =
    CommandError::constant("ERR One or more scores can't be converted into double");

/// What an element is compared by.
enum Weight {
    Number(f64),
    /// Of an external key that is not there: before all others.
    Text(Option<Vec<u8>>),
    /// The element itself.
    Own,
}

/// Sorts the elements; those of equal numbers are ordered by themselves, those of equal texts stay in their order.
pub(super) fn sort(
    context: &mut Context<'_>,
    options: &Options<'_>,
    elements: Vec<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, CommandError> {
    let mut weighted = Vec::with_capacity(elements.len());
    for element in elements {
        weighted.push((weight(context, options, &element)?, element));
    }
    // What is only shown is compared as C compares texts.
    let comparable: fn(&[u8]) -> &[u8] =
        if options.alpha && options.store.is_none() { until_nul } else { |text| text };
    weighted.sort_by(|(left_weight, left), (right_weight, right)| {
        let order = compare(left_weight, right_weight, left, right, comparable);
        if options.descending { order.reverse() } else { order }
    });
    Ok(weighted.into_iter().map(|(_, element)| element).collect())
}

fn weight(
    context: &mut Context<'_>,
    options: &Options<'_>,
    element: &[u8],
) -> Result<Weight, CommandError> {
    let external = options.by.map(|by| pattern::value(context.state, context.db, by, element));
    if options.alpha {
        return Ok(external.map_or(Weight::Own, Weight::Text));
    }
    match external {
        // A missing weight counts as zero.
        Some(None) => Ok(Weight::Number(0.0)),
        Some(Some(text)) => number(&text),
        None => number(element),
    }
}

fn number(text: &[u8]) -> Result<Weight, CommandError> {
    let number = stdx::number::parse_f64(text);
    number.filter(|number| !number.is_nan()).map(Weight::Number).ok_or(NOT_A_NUMBER)
}

fn compare(
    left_weight: &Weight,
    right_weight: &Weight,
    left: &[u8],
    right: &[u8],
    comparable: fn(&[u8]) -> &[u8],
) -> Ordering {
    match (left_weight, right_weight) {
        (Weight::Number(a), Weight::Number(b)) => {
            a.partial_cmp(b).unwrap_or(Ordering::Equal).then_with(|| left.cmp(right))
        }
        (Weight::Text(a), Weight::Text(b)) => {
            a.as_deref().map(comparable).cmp(&b.as_deref().map(comparable))
        }
        _ => comparable(left).cmp(comparable(right)),
    }
}
