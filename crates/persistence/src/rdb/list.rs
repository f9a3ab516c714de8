//! Lists as RDB writes them.

use keyspace::List;
use keyspace::list::{End, NodeLimit, NodeView};
use structures::listpack::Element;

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

/// A list in the making.
struct Builder<'l> {
    list: List,
    limit: &'l NodeLimit,
}

impl Builder<'_> {
    fn add(&mut self, bytes: &[u8]) {
        self.list.expect(bytes.len(), 1, self.limit);
        self.list.push(End::Tail, bytes, self.limit);
    }

    fn add_all<'e>(&mut self, elements: impl Iterator<Item = Element<'e>>) {
        for element in elements {
            self.add(&element_text(element));
        }
    }

    fn add_ziplist(&mut self, bytes: &[u8]) -> RdbResult<()> {
        let elements = ziplist::elements(bytes).map_err(|_| DAMAGED_ZIPLIST)?;
        self.add_all(elements.into_iter());
        Ok(())
    }

    fn add_node(&mut self, reader: &mut Reader<'_>) -> RdbResult<()> {
        let container = reader.length()?;
        let bytes = reader.string()?;
        match container {
            // An element alone is a big one.
            PLAIN if bytes.is_empty() => return Err(DAMAGED_NODE),
            PLAIN => self.add(&bytes),
            PACKED => {
                let node = listpack(&bytes)?;
                self.add_all(node.iter().map(|(_, element)| element));
            }
            _ => return Err(DAMAGED_NODE),
        }
        Ok(())
    }
}

/// Reads a list of the given type.
pub(super) fn read(reader: &mut Reader<'_>, code: u8, limit: &NodeLimit) -> RdbResult<List> {
    let mut builder = Builder { list: List::new(), limit };
    let count = if code == type_code::LIST_ZIPLIST { 1 } else { reader.length()? };
    for _ in 0..count {
        match code {
            type_code::LIST => builder.add(&reader.string()?),
            type_code::LIST_ZIPLIST | type_code::LIST_QUICKLIST => {
                builder.add_ziplist(&reader.string()?)?;
            }
            _ => builder.add_node(reader)?,
        }
    }
    if builder.list.is_empty() { Err(RdbError::Empty) } else { Ok(builder.list) }
}
