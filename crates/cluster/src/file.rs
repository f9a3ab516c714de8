//! The text of `nodes.conf`, which is that of CLUSTER NODES with a few more words: written and read.

use std::fmt::Write as _;

use crate::node::{Node, is_name};
use crate::slots::SLOTS;
use crate::view::View;

/// Where the text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// CLUSTER NODES.
    Reply,
    /// The file.
    File,
}

/// What the line of a node says, without a line end.
pub fn line(view: &View, node: &Node, form: Form) -> String {
    let mut text = format!("{} {}:{}@{}", node.id, node.ip, node.port, node.bus_port);
    // Writing to a string cannot fail.
    let _ = match form {
        Form::Reply if node.hostname.is_empty() => Ok(()),
        Form::Reply => write!(text, ",{}", node.hostname),
        Form::File => {
            let (hostname, tls_port, shard) = (&node.hostname, node.tls_port, &node.shard_id);
            write!(text, ",{hostname},tls-port={tls_port},shard-id={shard}")
        }
    };
    let myself = node.is("myself");
    let link = if myself { "connected" } else { "disconnected" };
    let primary = node.primary.as_deref().unwrap_or("-");
    let (ping, pong) = (node.ping_sent_ms, node.pong_received_ms);
    let flags = node.flag_words();
    let _ = write!(text, " {flags} {primary} {ping} {pong} {} {link}", node.config_epoch);
    for (first, last) in node.slots.ranges() {
        let _ =
            if first == last { write!(text, " {first}") } else { write!(text, " {first}-{last}") };
    }
    if myself {
        for (slot, id) in &view.migrating {
            let _ = write!(text, " [{slot}->-{id}]");
        }
        for (slot, id) in &view.importing {
            let _ = write!(text, " [{slot}-<-{id}]");
        }
    }
    text
}

/// All nodes, a line each.
pub fn lines(view: &View, form: Form) -> String {
    view.nodes().iter().map(|node| line(view, node, form) + "\n").collect()
}

/// The whole file.
pub fn write(view: &View) -> String {
    let mut text = lines(view, Form::File);
    let (current, vote) = (view.current_epoch, view.last_vote_epoch);
    let _ = writeln!(text, "vars currentEpoch {current} lastVoteEpoch {vote}");
    text
}

/// Reads a file; `Err` is the line that cannot be understood.
pub fn read(text: &str) -> Result<View, String> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut vars = (0, 0);
    let mut migrating = Vec::new();
    let mut importing = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let corrupt = || line.to_owned();
        if words.first() == Some(&"vars") {
            vars = read_vars(&words[1..]).ok_or_else(corrupt)?;
            continue;
        }
        let mut node = read_node(&words).ok_or_else(corrupt)?;
        for word in words.get(8..).unwrap_or_default() {
            if let Some(under_way) = word.strip_prefix('[').and_then(|word| word.strip_suffix(']'))
            {
                let (slot, id, leaves) = read_under_way(under_way).ok_or_else(corrupt)?;
                let list = if leaves { &mut migrating } else { &mut importing };
                list.push((slot, id));
            } else {
                let (first, last) = read_range(word).ok_or_else(corrupt)?;
                for slot in first..=last {
                    node.slots.insert(slot);
                }
            }
        }
        nodes.push(node);
    }
    let myself = nodes.iter().position(|node| node.is("myself"));
    let myself = myself.ok_or_else(|| "no line for this node".to_owned())?;
    nodes.swap(0, myself);
    let mut view = View::of(nodes);
    (view.current_epoch, view.last_vote_epoch) = vars;
    view.current_epoch = view.max_epoch();
    view.migrating.extend(migrating);
    view.importing.extend(importing);
    Ok(view)
}

fn read_vars(words: &[&str]) -> Option<(u64, u64)> {
    let mut vars = (0, 0);
    for pair in words.chunks(2) {
        let [name, value] = pair else { return None };
        let value = value.parse().ok()?;
        match *name {
            "currentEpoch" => vars.0 = value,
            "lastVoteEpoch" => vars.1 = value,
            // A later version may know more.
            _ => {}
        }
    }
    Some(vars)
}

fn read_node(words: &[&str]) -> Option<Node> {
    let [id, address, flags, primary, ping, pong, epoch, _link, ..] = words else { return None };
    if !is_name(id) {
        return None;
    }
    let mut node = Node { id: (*id).to_owned(), ..Node::default() };
    let mut parts = address.split(',');
    let (ip, ports) = parts.next()?.rsplit_once(':')?;
    node.ip = ip.to_owned();
    let (port, bus_port) = ports.split_once('@').unwrap_or((ports, "0"));
    (node.port, node.bus_port) = (port.parse().ok()?, bus_port.parse().ok()?);
    node.hostname = parts.next().unwrap_or("").to_owned();
    for part in parts {
        match part.split_once('=')? {
            ("shard-id", shard) if is_name(shard) => node.shard_id = shard.to_owned(),
            ("shard-id", _) => return None,
            ("tls-port", port) => node.tls_port = port.parse().ok()?,
            _ => {}
        }
    }
    if node.shard_id.is_empty() {
        // Older files know no shards; the name will do until one is learnt.
        node.shard_id = node.id.clone();
    }
    if !node.set_flags(flags) {
        return None;
    }
    if *primary != "-" {
        node.primary = is_name(primary).then(|| (*primary).to_owned());
        node.primary.as_ref()?;
    }
    node.ping_sent_ms = ping.parse().ok()?;
    node.pong_received_ms = pong.parse().ok()?;
    node.config_epoch = epoch.parse().ok()?;
    Some(node)
}

/// `5->-ID` leaves, `5-<-ID` comes.
fn read_under_way(text: &str) -> Option<(u16, String, bool)> {
    let (slot, id, leaves) = match text.split_once("->-") {
        Some((slot, id)) => (slot, id, true),
        None => {
            let (slot, id) = text.split_once("-<-")?;
            (slot, id, false)
        }
    };
    is_name(id).then_some(())?;
    Some((read_slot(slot)?, id.to_owned(), leaves))
}

fn read_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((read_slot(first)?, read_slot(last)?))
}

fn read_slot(text: &str) -> Option<u16> {
    text.parse().ok().filter(|slot| *slot < SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "c5c2609af0577b5569b61117f759ce231550085c";
    const OTHER: &str = "e820761fa39fe6b06d53e3cc5e86d175e21001df";

    #[test]
    fn a_file_is_written_as_it_was_read() {
        let text = format!(
            "{ID} :24400@34400,,tls-port=0,shard-id={OTHER} myself,master - 0 0 7 connected 0-5 7 [7->-{OTHER}] [9-<-{OTHER}]\n\
             {OTHER} 127.0.0.1:24401@34401,host,tls-port=0,shard-id={ID} master - 0 0 5 disconnected 10-16383\n\
             vars currentEpoch 7 lastVoteEpoch 2\n"
        );
        let view = read(&text).expect("it is one");
        assert_eq!(write(&view), text);
        assert!(view.is_mine(7) && !view.is_mine(8) && view.owner(8).is_none());
        assert_eq!(view.owner(10).map(|node| node.id.as_str()), Some(OTHER));
        assert_eq!((view.size(), view.assigned()), (2, 7 + 16374));
        assert!(lines(&view, Form::Reply).contains("127.0.0.1:24401@34401,host master"));
    }

    #[test]
    fn refuses_what_is_no_such_file() {
        for text in
            ["", "garbage\n", "vars currentEpoch x\n", "c5 :1@2 myself,master - 0 0 0 connected\n"]
        {
            assert!(read(text).is_err(), "{text:?}");
        }
        let line = format!("{ID} :1@2 myself,master - 0 0 0 connected");
        assert!(read(&line).is_ok());
        for tail in ["16384", "5-x", "[5->-abc]", "[5]"] {
            assert!(read(&format!("{line} {tail}\n")).is_err(), "{tail}");
        }
    }
}
