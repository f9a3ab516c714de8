//! Replies as lines of a transcript.

use crate::quote::quote;
use crate::reply::Reply;

/// The lines that stand for `reply`, every type told apart.
pub fn render(reply: &Reply) -> Vec<String> {
    match reply {
        Reply::Simple(text) => vec![plain(text)],
        Reply::Error(text) => vec![format!("(error) {}", plain(text))],
        Reply::Integer(number) => vec![format!("(integer) {number}")],
        Reply::Bulk(text) => vec![quote(text)],
        Reply::Null => vec!["(nil)".to_owned()],
        Reply::Boolean(value) => vec![format!("({value})")],
        Reply::Double(text) => vec![format!("(double) {}", plain(text))],
        Reply::BigNumber(text) => vec![format!("(big number) {}", plain(text))],
        Reply::Verbatim(format, text) => {
            vec![format!("(verbatim {}) {}", plain(format), quote(text))]
        }
        Reply::Array(items) => render_items(items, ')', "(empty array)"),
        Reply::Set(items) => render_items(items, '~', "(empty set)"),
        Reply::Push(items) => render_items(items, '>', "(empty push)"),
        Reply::Map(pairs) => render_pairs(pairs, '#', "(empty map)"),
        Reply::Attribute(pairs, reply) => {
            let mut lines = render_pairs(pairs, '|', "(empty attribute)");
            lines.extend(render(reply));
            lines
        }
    }
}

/// The lines that stand for `reply` as RESP2 would have said it.
pub fn render_as_resp2(reply: &Reply) -> Vec<String> {
    render(&reply.to_resp2())
}

/// A text that must stay on one line.
fn plain(text: &[u8]) -> String {
    let quoted = quote(text);
    if quoted.len() == text.len() + 2 {
        String::from_utf8_lossy(text).into_owned()
    } else if text.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        // Only backslashes and quotes were escaped, and on a bare line they need no escape.
        String::from_utf8_lossy(text).into_owned()
    } else {
        quoted[1..quoted.len() - 1].to_owned()
    }
}

fn render_items(items: &[Reply], mark: char, empty: &str) -> Vec<String> {
    if items.is_empty() {
        return vec![empty.to_owned()];
    }
    let width = items.len().to_string().len();
    let mut lines = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let prefix = format!("{:>width$}{mark} ", index + 1);
        push_block(&mut lines, &prefix, &render(item));
    }
    lines
}

fn render_pairs(pairs: &[(Reply, Reply)], mark: char, empty: &str) -> Vec<String> {
    if pairs.is_empty() {
        return vec![empty.to_owned()];
    }
    let width = pairs.len().to_string().len();
    let mut lines = Vec::with_capacity(pairs.len());
    for (index, (key, value)) in pairs.iter().enumerate() {
        let prefix = format!("{:>width$}{mark} ", index + 1);
        let indent = " ".repeat(prefix.len());
        push_block(&mut lines, &prefix, &render(key));
        let value = render(value);
        match (lines.last_mut(), value.as_slice()) {
            (Some(last), [only]) => last.push_str(&format!(" => {only}")),
            (Some(last), _) => {
                last.push_str(" =>");
                push_block(&mut lines, &format!("{indent}  "), &value);
            }
            (None, _) => {}
        }
    }
    lines
}

/// `block` behind `prefix`, its further lines indented as far.
fn push_block(lines: &mut Vec<String>, prefix: &str, block: &[String]) {
    let indent = " ".repeat(prefix.len());
    for (index, line) in block.iter().enumerate() {
        let lead = if index == 0 { prefix } else { &indent };
        lines.push(format!("{lead}{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Reply {
        Reply::Bulk(text.as_bytes().to_vec())
    }

    #[test]
    fn nested_replies_are_indented() {
        let reply = Reply::Array(vec![
            Reply::Array(vec![bulk("a"), Reply::Integer(2)]),
            Reply::Map(vec![(bulk("k"), Reply::Array(vec![Reply::Null, Reply::Boolean(true)]))]),
        ]);
        assert_eq!(
            render(&reply),
            [
                "1) 1) \"a\"",
                "   2) (integer) 2",
                "2) 1# \"k\" =>",
                "        1) (nil)",
                "        2) (true)",
            ]
        );
        assert_eq!(
            render_as_resp2(&reply),
            [
                "1) 1) \"a\"",
                "   2) (integer) 2",
                "2) 1) \"k\"",
                "   2) 1) (nil)",
                "      2) (integer) 1",
            ]
        );
    }

    #[test]
    fn errors_stay_on_one_line() {
        assert_eq!(render(&Reply::Error(b"ERR a \"b\"".to_vec())), ["(error) ERR a \"b\""]);
        assert_eq!(render(&Reply::Simple(b"a\nb".to_vec())), ["a\\nb"]);
    }
}
