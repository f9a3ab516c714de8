//! Lists as RDB writes them.

use keyspace::List;
use keyspace::list::{End, NodeLimit, NodeView, Quicklist};
use structures::Listpack;

use super::error::{RdbError, RdbResult};
use super::reader::Reader;
use super::type_code;
use super::value::{element_text, listpack};
use super::writer::Writer;
use super::ziplist;

const DAMAGED_ZIPLIST: RdbError = RdbError::Corrupt("List ziplist integrity check failed.");
const DAMAGED_NODE: RdbError = RdbError::Corrupt("Quicklist integrity check failed.");

/// A node of one big element.
const PLAIN: u64 = 1;
/// A node that is a listpack.
const PACKED: u64 = 2;

pub(super) fn write(writer: &mut Writer, list: &List) {
    writer.length(list.node_len() as u64);
    for node in list.nodes() {
        match node {
            NodeView::Plain(bytes) => {
                writer.length(PLAIN);
                writer.string(bytes);
            }
            NodeView::Packed(listpack) => {
                writer.length(PACKED);
                writer.string(listpack.as_bytes());
            }
            NodeView::Compressed { is_plain, data, plain_len } => {
                writer.length(if is_plain { PLAIN } else { PACKED });
                writer.compressed(data, plain_len);
            }
        }
    }
}

/// Adds the next node of a quicklist as it was.
fn add_node(nodes: &mut Quicklist, reader: &mut Reader<'_>) -> RdbResult<()> {
    let container = reader.length()?;
    let bytes = reader.string()?;
    match container {
        // An element alone is a big one.
        PLAIN if bytes.is_empty() => return Err(DAMAGED_NODE),
        PLAIN => nodes.append_plain(&bytes),
        PACKED => nodes.append_listpack(listpack(&bytes)?),
        _ => return Err(DAMAGED_NODE),
    }
    Ok(())
}

/// The elements of a ziplist as a node.
fn node_of_ziplist(bytes: &[u8]) -> RdbResult<Listpack> {
    let mut node = Listpack::new();
    for element in ziplist::elements(bytes).map_err(|_| DAMAGED_ZIPLIST)? {
        node.push_back(&element_text(element));
    }
    Ok(node)
}

/// Reads a list of the given type.
pub(super) fn read(reader: &mut Reader<'_>, code: u8, limit: &NodeLimit) -> RdbResult<List> {
    let mut nodes = Quicklist::new(limit);
    let count = if code == type_code::LIST_ZIPLIST { 1 } else { reader.length()? };
    for _ in 0..count {
        match code {
            type_code::LIST => nodes.push(End::Tail, &reader.string()?, limit),
            type_code::LIST_ZIPLIST | type_code::LIST_QUICKLIST => {
                nodes.append_listpack(node_of_ziplist(&reader.string()?)?);
            }
            _ => add_node(&mut nodes, reader)?,
        }
    }
    if nodes.is_empty() {
        return Err(RdbError::Empty);
    }
    let mut list = List::from_nodes(nodes);
    // A list that was one ziplist stays what it is, in Redis too.
    if code != type_code::LIST_ZIPLIST {
        list.settle(limit);
    }
    Ok(list)
}
