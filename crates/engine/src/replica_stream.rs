//! The bytes of the replication stream that are kept, once for the backlog and for all replicas.
//!
//! They lie in blocks of one size, so that the oldest can be let go without moving the others. Each replica is a position in
//! the stream; what lies behind it stays as long as it is not sent.

use std::collections::VecDeque;

/// The least room of a block.
const BLOCK_BYTES_MIN: usize = 16 * 1024;
const BLOCK_BYTES_MAX: usize = 1024 * 1024;
/// Blocks that the backlog is made of, as far as their size allows.
const BLOCKS: usize = 16;

struct Block {
    /// Where in the stream it begins.
    start: u64,
    bytes: Vec<u8>,
}

/// The kept end of the stream. Positions count bytes from the begin of the stream.
pub(crate) struct Stream {
    blocks: VecDeque<Block>,
    end: u64,
    block_bytes: usize,
    capacity: usize,
}

impl Stream {
    /// Nothing is kept yet; the stream has come to `end`.
    pub fn new(end: u64) -> Stream {
        Stream { blocks: VecDeque::new(), end, block_bytes: BLOCK_BYTES_MIN, capacity: 0 }
    }

    /// Blocks made from now on fit a backlog of this size.
    pub fn fit(&mut self, backlog_bytes: usize) {
        let fitting = (backlog_bytes / BLOCKS).next_power_of_two();
        self.block_bytes = fitting.clamp(BLOCK_BYTES_MIN, BLOCK_BYTES_MAX);
    }

    /// Where the kept bytes begin.
    pub fn start(&self) -> u64 {
        self.blocks.front().map_or(self.end, |block| block.start)
    }

    pub fn len(&self) -> usize {
        usize::try_from(self.end - self.start()).unwrap_or(usize::MAX)
    }

    /// Memory of the blocks.
    pub fn memory_bytes(&self) -> usize {
        self.capacity + self.blocks.capacity() * size_of::<Block>()
    }

    pub fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room =
                self.blocks.back().map_or(0, |block| block.bytes.capacity() - block.bytes.len());
            if room == 0 {
                let block = Block { start: self.end, bytes: Vec::with_capacity(self.block_bytes) };
                self.capacity += block.bytes.capacity();
                self.blocks.push_back(block);
                continue;
            }
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            if let Some(block) = self.blocks.back_mut() {
                block.bytes.extend_from_slice(now);
            }
            self.end += now.len() as u64;
            bytes = later;
        }
    }

    /// Lets go of whole blocks that nobody needs: more than `backlog_bytes` are kept without them, and what is to be
    /// sent lies behind `needed`.
    pub fn trim(&mut self, backlog_bytes: usize, needed: u64) {
        while let Some(first) = self.blocks.front() {
            let end = first.start + first.bytes.len() as u64;
            if end > needed || self.len() - first.bytes.len() < backlog_bytes {
                break;
            }
            self.capacity -= first.bytes.capacity();
            self.blocks.pop_front();
        }
        if self.blocks.capacity() > 4 * self.blocks.len().max(BLOCKS) {
            self.blocks.shrink_to(2 * self.blocks.len());
        }
    }

    /// The bytes from a kept position on, as far as they lie together; empty only at the end.
    pub fn from(&self, position: u64) -> &[u8] {
        let behind = self.blocks.partition_point(|block| block.start <= position);
        let Some(block) = behind.checked_sub(1).and_then(|at| self.blocks.get(at)) else {
            return &[];
        };
        let skipped = usize::try_from(position - block.start).unwrap_or(usize::MAX);
        block.bytes.get(skipped..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stream: &Stream, mut position: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let part = stream.from(position);
            if part.is_empty() {
                return bytes;
            }
            position += part.len() as u64;
            bytes.extend_from_slice(part);
        }
    }

    #[test]
    fn bytes_come_back_from_any_position() {
        let mut stream = Stream::new(7);
        let bytes: Vec<u8> = (0..100_000u32).map(|number| number as u8).collect();
        for part in bytes.chunks(777) {
            stream.append(part);
        }
        assert_eq!(stream.len(), bytes.len());
        for skipped in [0, 1, BLOCK_BYTES_MIN - 1, BLOCK_BYTES_MIN, 50_000, bytes.len()] {
            assert_eq!(read(&stream, 7 + skipped as u64), bytes[skipped..]);
        }
    }

    #[test]
    fn blocks_stay_for_the_backlog_and_for_whoever_is_behind() {
        let mut stream = Stream::new(0);
        let bytes = vec![1; 10 * BLOCK_BYTES_MIN];
        stream.append(&bytes);
        stream.trim(BLOCK_BYTES_MIN, 3 * BLOCK_BYTES_MIN as u64 + 1);
        assert_eq!(stream.start(), 3 * BLOCK_BYTES_MIN as u64);
        stream.trim(BLOCK_BYTES_MIN, u64::MAX);
        assert_eq!(stream.len(), BLOCK_BYTES_MIN);
        assert!(stream.memory_bytes() < 2 * BLOCK_BYTES_MIN);
        stream.trim(0, u64::MAX);
        assert_eq!(stream.len(), 0);
        assert_eq!(stream.start(), bytes.len() as u64);
    }
}
