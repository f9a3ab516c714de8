//! What SORT is asked for.

use engine::{CommandError, CommandResult, Context, error};

use crate::arguments;

/// The options of a call; `key` is the first argument.
#[derive(Clone, Debug, Default)]
pub(super) struct Options<'a> {
    pub by: Option<&'a [u8]>,
    pub get: Vec<&'a [u8]>,
    /// LIMIT: elements to leave out and to take; negative counts take all.
    pub limit: Option<(i64, i64)>,
    pub descending: bool,
    pub alpha: bool,
    pub store: Option<&'a [u8]>,
}

/// In a cluster, the keys that a pattern leads to must be where the sorted one is.
fn one_slot(context: &mut Context<'_>, option: &[u8], pattern: Option<&[u8]>) -> CommandResult {
    let slot = pattern.and_then(stdx::crc16::pattern_slot);
    if slot == Some(stdx::crc16::key_slot(context.argv[1])) {
        return Ok(());
    }
    if context.state.cluster.is_none() {
        context.state.note_incompatible();
        return Ok(());
    }
    let option = String::from_utf8_lossy(option).to_ascii_uppercase();
    Err(CommandError::err(format!(
        "{option} option of SORT denied in Cluster mode when keys formed by the pattern may be in \
         different slots."
    )))
}

/// Keys that a pattern leads to are not named, so who uses one must be allowed to read all.
fn permitted(context: &Context<'_>, option: &[u8]) -> CommandResult {
    if context.state.may_read_all_keys(context.client, context.command, context.argv) {
        return Ok(());
    }
    let option = String::from_utf8_lossy(option).to_ascii_uppercase();
    Err(CommandError::err(format!(
        "{option} option of SORT denied due to insufficient ACL permissions."
    )))
}

impl<'a> Options<'a> {
    pub(super) fn parse(
        context: &mut Context<'a>,
        may_store: bool,
    ) -> Result<Options<'a>, CommandError> {
        let mut options = Options::default();
        let mut words = context.argv[2..].iter();
        while let Some(word) = words.next() {
            let mut next = || words.next().copied().ok_or(error::SYNTAX);
            if arguments::is(word, "ASC") {
                options.descending = false;
            } else if arguments::is(word, "DESC") {
                options.descending = true;
            } else if arguments::is(word, "ALPHA") {
                options.alpha = true;
            } else if arguments::is(word, "LIMIT") {
                let (offset, count) = (next()?, next()?);
                options.limit = Some((arguments::integer(offset)?, arguments::integer(count)?));
            } else if arguments::is(word, "STORE") && may_store {
                options.store = Some(next()?);
            } else if arguments::is(word, "BY") {
                options.by = Some(next()?);
                if !options.keeps_order() {
                    one_slot(context, word, options.by)?;
                    permitted(context, word)?;
                }
            } else if arguments::is(word, "GET") {
                let pattern = next()?;
                if pattern != b"#" {
                    one_slot(context, word, Some(pattern))?;
                    permitted(context, word)?;
                }
                options.get.push(pattern);
            } else {
                return Err(error::SYNTAX);
            }
        }
        Ok(options)
    }

    /// Whether a constant pattern says that the order is to stay.
    pub(super) fn keeps_order(&self) -> bool {
        self.by.is_some_and(|pattern| !pattern.contains(&b'*'))
    }

    /// The part of `len` sorted elements that LIMIT takes.
    pub(super) fn range(&self, len: usize) -> std::ops::Range<usize> {
        let Some((offset, count)) = self.limit else { return 0..len };
        let start = usize::try_from(offset.max(0)).unwrap_or(len).min(len);
        let end = match usize::try_from(count) {
            Ok(count) => start.saturating_add(count).min(len),
            Err(_) => len,
        };
        start..end
    }
}
