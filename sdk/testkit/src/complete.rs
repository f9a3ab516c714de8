//! Fills the replies of a transcript from what a server says.

use crate::error::Result;
use crate::render::{render, render_as_resp2};
use crate::reply::Reply;
use crate::runner::{Came, Protocol, Runner, sorted};
use crate::script::{Mode, Script, Step};
use crate::transport::Transport;

/// Which replies are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// Only where none is written yet.
    Missing,
    /// Everywhere, except patterns and replies marked `@ours`.
    All,
}

/// Plays `script` on two fresh servers, one per protocol version, and returns its text with replies filled in.
pub fn complete(
    script: &Script,
    resp2: &mut dyn Transport,
    resp3: &mut dyn Transport,
    completion: Completion,
) -> Result<String> {
    let first = replies(script, resp2, Protocol::Resp2)?;
    let second = replies(script, resp3, Protocol::Resp3)?;
    let mut text = String::new();
    let mut next_line = 0;
    for ((step, resp2), resp3) in script.steps.iter().zip(&first).zip(&second) {
        if !wants_reply(step, completion) || (resp2.is_none() && resp3.is_none()) {
            continue;
        }
        push_lines(&mut text, script.lines.get(next_line..step.reply_lines.start));
        let lines = reply_lines(resp2.as_ref(), resp3.as_ref());
        push_lines(&mut text, Some(&lines));
        next_line = step.reply_lines.end;
    }
    push_lines(&mut text, script.lines.get(next_line..));
    Ok(text)
}

fn wants_reply(step: &Step, completion: Completion) -> bool {
    let comparable = matches!(step.mode, Mode::Exact | Mode::Sorted) && step.ours.is_none();
    comparable && (completion == Completion::All || step.expected.is_missing())
}

fn replies(
    script: &Script,
    transport: &mut dyn Transport,
    protocol: Protocol,
) -> Result<Vec<Option<Reply>>> {
    let mut runner = Runner::new(transport, protocol);
    let mut replies = vec![None; script.steps.len()];
    if runner.reason_to_skip(script).is_some() {
        return Ok(replies);
    }
    for (step, slot) in script.steps.iter().zip(&mut replies) {
        let place = format!("{}:{}", script.name, step.line);
        match runner.perform(step).map_err(|error| error.context(&place))? {
            Came::Reply(reply) if step.mode == Mode::Sorted => *slot = Some(sorted(&reply)),
            Came::Reply(reply) => *slot = Some(reply),
            Came::Stop(_) => break,
            Came::Nothing | Came::Closed | Came::Done => {}
        }
    }
    Ok(replies)
}

/// One text for both protocols where RESP3 says the same in plain types; a variant where it says more.
fn reply_lines(resp2: Option<&Reply>, resp3: Option<&Reply>) -> Vec<String> {
    match (resp2, resp3) {
        (Some(resp2), Some(resp3)) => {
            let mut lines = render(resp2);
            let rich = render(resp3);
            if rich != lines {
                let same_meaning = render_as_resp2(resp3) == lines;
                lines.push("@resp 3".to_owned());
                if !same_meaning {
                    lines.insert(0, "@resp 2".to_owned());
                }
                lines.extend(rich);
            }
            lines
        }
        (Some(only), None) | (None, Some(only)) => render(only),
        (None, None) => Vec::new(),
    }
}

fn push_lines(text: &mut String, lines: Option<&[String]>) {
    for line in lines.unwrap_or_default() {
        text.push_str(line);
        text.push('\n');
    }
}
