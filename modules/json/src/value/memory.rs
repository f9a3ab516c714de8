//! What values take of the server's memory.

use super::{Name, Repr, Value};

/// What stands before the elements of a list behind one pointer, and before a text: a length, and a capacity or a count.
const HEAD_BYTES: usize = 16;

/// What the allocator gives for a request: multiples of 8 up to 64 and of 16 up to 128, then four sizes from one power of two to the next.
fn allocated(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        1..=64 => bytes.next_multiple_of(8),
        65..=128 => bytes.next_multiple_of(16),
        _ => bytes.next_multiple_of(bytes.next_power_of_two() / 8),
    }
}

impl Value {
    /// Bytes that the value takes beside its own 16. Names that documents share are nobody's; INFO tells of them.
    pub fn outside_bytes(&self) -> usize {
        match &self.0 {
            Repr::Null | Repr::Bool(_) | Repr::Int(_) | Repr::Unsigned(_) | Repr::Double(_) => 0,
            Repr::Short(..) => 0,
            Repr::Long(text) => allocated(HEAD_BYTES + text.len()),
            Repr::Array(items) => {
                list_bytes::<Value>(items.capacity())
                    + items.iter().map(Value::outside_bytes).sum::<usize>()
            }
            Repr::Packed(packed) => allocated(size_of_val(&**packed)) + allocated(packed.bytes()),
            Repr::List(members) => {
                list_bytes::<(Name, Value)>(members.capacity())
                    + members.iter().map(|(name, value)| member_bytes(name, value)).sum::<usize>()
            }
            Repr::Table(table) => {
                // An entry holds its hash as well; the table of indexes is filled to seven eighths, with a byte for each.
                let entry = size_of::<(usize, Name, Value)>();
                let slots = (table.capacity() * 8 / 7).next_power_of_two();
                allocated(size_of_val(&**table))
                    + allocated(table.capacity() * entry)
                    + allocated(slots * (size_of::<usize>() + 1))
                    + table.iter().map(|(name, value)| member_bytes(name, value)).sum::<usize>()
            }
        }
    }

    /// All that it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Value>() + self.outside_bytes()
    }

    /// Values of which it consists, counted up to so many; packed numbers are one.
    pub fn parts(&self, max: usize) -> usize {
        let mut parts = 1;
        if matches!(self.0, Repr::Packed(_)) {
            return parts;
        }
        for child in self.children() {
            if parts >= max {
                break;
            }
            parts += child.parts(max - parts);
        }
        parts
    }
}

fn member_bytes(name: &Name, value: &Value) -> usize {
    value.outside_bytes() + name.own_bytes().map_or(0, |len| allocated(HEAD_BYTES + len))
}

fn list_bytes<T>(capacity: usize) -> usize {
    if capacity == 0 { 0 } else { allocated(HEAD_BYTES + capacity * size_of::<T>()) }
}

#[cfg(test)]
mod tests {
    use super::allocated;

    #[test]
    fn sizes_are_those_of_the_allocator() {
        for (asked, given) in [
            (0, 0),
            (1, 8),
            (9, 16),
            (33, 40),
            (65, 80),
            (128, 128),
            (129, 160),
            (257, 320),
            (4097, 5120),
        ] {
            assert_eq!(allocated(asked), given, "{asked}");
        }
    }
}
