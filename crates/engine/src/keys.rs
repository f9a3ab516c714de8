//! Finding the keys of a call from the key specs of its command.

use command_spec::{BeginSearch, CommandSpec, FindKeys, KeySpec, key_flag};

use crate::command::{Command, Run};

/// A key among the arguments of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// Index into argv.
    pub position: usize,
    /// Of [`key_flag`].
    pub flags: u32,
}

/// The keys of one call.
pub type FoundKeys = Vec<FoundKey>;

/// Finds the keys of a call. `None`: the arguments are not valid for the command.
pub fn find_keys(command: &Command, argv: &[&[u8]]) -> Option<FoundKeys> {
    if let Some(get_keys) = command.get_keys {
        return get_keys(argv);
    }
    if let Run::Guest(guest) = &command.run
        && let Some(keys) = guest.get_keys(argv)
    {
        return Some(keys);
    }
    find_keys_by_specs(command.spec, argv)
}

/// Finds keys by the key specs alone, leaving out those marked as not being keys.
pub fn find_keys_by_specs(spec: &CommandSpec, argv: &[&[u8]]) -> Option<FoundKeys> {
    let mut keys = FoundKeys::new();
    for key_spec in spec.key_specs {
        if key_spec.flags & key_flag::NOT_KEY != 0 {
            continue;
        }
        add_keys(key_spec, argv, &mut keys)?;
    }
    Some(keys)
}

/// Whether a command may have keys at all.
pub fn takes_keys(command: &Command) -> bool {
    command.get_keys.is_some()
        || command.spec.key_specs.iter().any(|spec| spec.flags & key_flag::NOT_KEY == 0)
        || command.has_flag(command_spec::flag::MOVABLEKEYS)
}

/// First key, last key and step of the keys, as COMMAND INFO shows them for clients that know no key specs: the span of
/// all specs that are plain ranges.
pub fn legacy_range(spec: &CommandSpec) -> (i32, i32, i32) {
    let mut range: Option<(i32, i32, i32)> = None;
    for key_spec in spec.key_specs {
        let (BeginSearch::Index(index), FindKeys::Range { last_key, step, .. }) =
            (key_spec.begin, key_spec.find)
        else {
            continue;
        };
        let last = if last_key >= 0 { index + last_key } else { last_key };
        range = match range {
            None => Some((index, last, step)),
            // Negative counts from the end and thus reaches furthest.
            Some((first, before, step)) if before >= 0 && before + 1 == index => {
                Some((first, if last < 0 { last } else { before.max(last) }, step))
            }
            kept => kept,
        };
    }
    range.unwrap_or((0, 0, 0))
}

/// Whether plain ranges, one behind the other, are all that there is: clients that know no key specs find all keys then.
pub fn is_one_range(key_specs: &[KeySpec]) -> bool {
    let mut next = None;
    key_specs.iter().all(|key_spec| {
        let (BeginSearch::Index(index), FindKeys::Range { last_key, .. }) =
            (key_spec.begin, key_spec.find)
        else {
            return false;
        };
        let follows = next.is_none_or(|next| next == Some(index));
        next = Some((last_key >= 0).then_some(index + last_key + 1));
        follows
    })
}

fn begin(key_spec: &KeySpec, argv: &[&[u8]]) -> Option<usize> {
    match key_spec.begin {
        BeginSearch::Index(index) => usize::try_from(index).ok(),
        BeginSearch::Keyword { keyword, start_from } => {
            let is_keyword =
                |position: &usize| argv[*position].eq_ignore_ascii_case(keyword.as_bytes());
            let found = if start_from >= 0 {
                (start_from as usize..argv.len()).find(is_keyword)
            } else {
                let last = argv.len().checked_sub(start_from.unsigned_abs() as usize)?;
                (1..=last).rev().find(is_keyword)
            };
            found.map(|position| position + 1)
        }
        BeginSearch::Unknown => None,
    }
}

fn add_keys(key_spec: &KeySpec, argv: &[&[u8]], keys: &mut FoundKeys) -> Option<()> {
    let Some(first) = begin(key_spec, argv) else { return Some(()) };
    let flags = key_spec.flags;
    match key_spec.find {
        FindKeys::Range { last_key, step, limit } => {
            let last = if last_key >= 0 {
                first.checked_add(last_key as usize)?
            } else if limit <= 1 {
                argv.len().checked_sub(last_key.unsigned_abs() as usize)?
            } else {
                let rest = argv.len().checked_sub(first)?;
                first + (rest / limit as usize).checked_sub(1)?
            };
            if last >= argv.len() {
                return None;
            }
            let step = usize::try_from(step).ok().filter(|step| *step > 0)?;
            keys.extend((first..=last).step_by(step).map(|position| FoundKey { position, flags }));
        }
        FindKeys::KeyNum { keynum_index, first_key, step } => {
            let at = first.checked_add(usize::try_from(keynum_index).ok()?)?;
            let count = std::str::from_utf8(argv.get(at)?).ok()?.parse::<usize>().ok()?;
            let start = first.checked_add(usize::try_from(first_key).ok()?)?;
            let step = usize::try_from(step).ok().filter(|step| *step > 0)?;
            let end = count.checked_mul(step).and_then(|span| span.checked_add(start))?;
            if end > argv.len() {
                return None;
            }
            keys.extend((start..end).step_by(step).map(|position| FoundKey { position, flags }));
        }
        FindKeys::Unknown => {}
    }
    Some(())
}
