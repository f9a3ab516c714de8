//! `struct`: numbers and strings laid out in bytes as C does it.

use mlua::{Lua, Table, Value};

use super::{Builder, RESULTS_MAX};
use crate::outcome::{Arguments, Failed, Outcome, number_of, settle, truncate};

/// Bytes of the longest integer.
const INTEGER_BYTES_MAX: usize = 32;
const TOO_SHORT: &str = "data string too short";
/// Alignment of `!` without a number.
const ALIGNMENT: usize = 8;
/// Largest result of packing: what is larger is refused before memory is asked for.
const PACKED_BYTES_MAX: usize = 512 << 20;

/// The format, and what it has set so far.
struct Format {
    text: Vec<u8>,
    at: usize,
    big_endian: bool,
    alignment: usize,
}

impl Format {
    fn new(text: Vec<u8>) -> Format {
        Format { text, at: 0, big_endian: false, alignment: 1 }
    }

    fn next(&mut self) -> Option<u8> {
        let option = self.text.get(self.at).copied().filter(|byte| *byte != 0);
        self.at += 1;
        option
    }

    /// A number behind an option.
    fn number(&mut self, default: usize) -> Failed<usize> {
        let mut number = None;
        while let Some(digit) = self.text.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            let sum = number.unwrap_or(0_i32).checked_mul(10);
            let sum = sum.and_then(|sum| sum.checked_add(i32::from(digit - b'0')));
            number = Some(sum.ok_or_else(|| Outcome::Fail("integral size overflow".to_owned()))?);
            self.at += 1;
        }
        Ok(number.map_or(default, |number| usize::try_from(number).unwrap_or(0)))
    }

    /// Bytes that an option takes; of what is no option, none.
    fn size(&mut self, option: u8) -> Failed<usize> {
        Ok(match option {
            b'B' | b'b' | b'x' => 1,
            b'H' | b'h' => 2,
            b'L' | b'l' | b'T' | b'd' => 8,
            b'f' => 4,
            b'c' => self.number(1)?,
            b'i' | b'I' => {
                let size = self.number(4)?;
                if size > INTEGER_BYTES_MAX {
                    return Err(Outcome::Fail(format!(
                        "integral size {size} is larger than limit of {INTEGER_BYTES_MAX}"
                    )));
                }
                size
            }
            _ => 0,
        })
    }

    /// Bytes to leave before a value at `position`.
    fn padding(&self, position: usize, option: u8, size: usize) -> usize {
        let unit = size.min(self.alignment);
        if option == b'c' || unit <= 1 {
            return 0;
        }
        // A unit need not be a power of two where the size of an integer is none.
        unit.wrapping_sub(position & (unit - 1)) & (unit - 1)
    }

    /// What changes how the rest is read.
    fn control(&mut self, option: u8) -> Failed<()> {
        match option {
            b' ' => {}
            b'>' => self.big_endian = true,
            b'<' => self.big_endian = false,
            b'!' => {
                let alignment = self.number(ALIGNMENT)?;
                if !alignment.is_power_of_two() {
                    return Err(Outcome::Fail(format!(
                        "alignment {alignment} is not a power of 2"
                    )));
                }
                self.alignment = alignment;
            }
            _ => {
                let shown = char::from(option);
                return Err(Outcome::BadArgument(1, format!("invalid format option '{shown}'")));
            }
        }
        Ok(())
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8], big_endian: bool) {
    if big_endian {
        out.extend(bytes.iter().rev());
    } else {
        out.extend_from_slice(bytes);
    }
}

/// An argument that is not there counts as nil.
fn missing_is_nil(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::BadArgument(index, text) => {
            Outcome::BadArgument(index, text.replace("got no value", "got nil"))
        }
        other => other,
    }
}

fn pack(arguments: &Arguments) -> Failed<Vec<u8>> {
    let mut format = Format::new(arguments.bytes(0)?);
    let mut out = Vec::new();
    let mut index = 1;
    while let Some(option) = format.next() {
        let size = format.size(option)?;
        let padding = format.padding(out.len(), option, size);
        if out.len() + padding + size > PACKED_BYTES_MAX {
            return Err(Outcome::Fail("resulting string too large".to_owned()));
        }
        out.resize(out.len() + padding, 0);
        match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let number = arguments.number(index).map_err(missing_is_nil)?;
                index += 1;
                let bits = if number < 0.0 { truncate(number) as u64 } else { number as u64 };
                let mut bytes = [0; INTEGER_BYTES_MAX];
                bytes[..8].copy_from_slice(&bits.to_le_bytes());
                put(&mut out, &bytes[..size], format.big_endian);
            }
            b'x' => out.push(0),
            b'f' => {
                let number = arguments.number(index).map_err(missing_is_nil)?;
                index += 1;
                put(&mut out, &(number as f32).to_le_bytes(), format.big_endian);
            }
            b'd' => {
                let number = arguments.number(index).map_err(missing_is_nil)?;
                index += 1;
                put(&mut out, &number.to_le_bytes(), format.big_endian);
            }
            b'c' | b's' => {
                let text = arguments.bytes(index).map_err(missing_is_nil)?;
                let size = if size == 0 { text.len() } else { size };
                let Some(taken) = text.get(..size) else {
                    return Err(Outcome::BadArgument(index + 2, "string too short".to_owned()));
                };
                index += 1;
                out.extend_from_slice(taken);
                if option == b's' {
                    out.push(0);
                }
            }
            _ => format.control(option)?,
        }
    }
    Ok(out)
}

fn size(arguments: &Arguments) -> Failed<Outcome> {
    let mut format = Format::new(arguments.bytes(0)?);
    let mut total = 0;
    while let Some(option) = format.next() {
        let size = format.size(option)?;
        total += format.padding(total, option, size);
        let without = match option {
            b's' => Some("option 's' has no fixed size"),
            b'c' if size == 0 => Some("option 'c0' has no fixed size"),
            _ => None,
        };
        if let Some(text) = without {
            return Err(Outcome::BadArgument(1, text.to_owned()));
        }
        if !option.is_ascii_alphanumeric() {
            format.control(option)?;
        }
        total += size;
    }
    Ok(Outcome::Return(Value::Number(total as f64)))
}

fn integer(bytes: &[u8], big_endian: bool, signed: bool) -> f64 {
    let mut value = 0_u64;
    let step = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    if big_endian {
        value = bytes.iter().fold(value, step);
    } else {
        value = bytes.iter().rev().fold(value, step);
    }
    if !signed {
        return value as f64;
    }
    let missing = 64_usize.saturating_sub(8 * bytes.len());
    if missing == 64 {
        return 0.0;
    }
    // The sign stands in the highest bit that was read.
    ((value << missing) as i64 >> missing) as f64
}

fn array<const N: usize>(bytes: &[u8], big_endian: bool) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    if big_endian {
        array.reverse();
    }
    array
}

fn unpack(lua: &Lua, arguments: &Arguments) -> Failed<mlua::Result<Outcome>> {
    let mut format = Format::new(arguments.bytes(0)?);
    let data = arguments.bytes(1)?;
    let position = arguments.integer_or(2, 1)?;
    if position == 0 {
        return Err(Outcome::BadArgument(3, "offset must be 1 or greater".to_owned()));
    }
    // A negative one is far behind the end.
    let mut position = usize::try_from(position.saturating_sub(1)).unwrap_or(usize::MAX / 2);
    let mut results: Vec<Value> = Vec::new();
    let too_short = || Outcome::BadArgument(2, TOO_SHORT.to_owned());
    while let Some(option) = format.next() {
        let size = format.size(option)?;
        position += format.padding(position, option, size);
        let end = position.checked_add(size).ok_or_else(too_short)?;
        let bytes = data.get(position..end).ok_or_else(too_short)?;
        let big_endian = format.big_endian;
        match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let signed = option.is_ascii_lowercase();
                results.push(Value::Number(integer(bytes, big_endian, signed)));
            }
            b'x' => {}
            b'f' => {
                let number = f32::from_le_bytes(array(bytes, big_endian));
                results.push(Value::Number(f64::from(number)));
            }
            b'd' => results.push(Value::Number(f64::from_le_bytes(array(bytes, big_endian)))),
            b'c' => {
                let mut bytes = bytes;
                if size == 0 {
                    let previous = results.pop().as_ref().and_then(number_of).ok_or_else(|| {
                        Outcome::Fail("format 'c0' needs a previous size".to_owned())
                    })?;
                    let size = usize::try_from(truncate(previous)).map_err(|_| too_short())?;
                    let end = position.checked_add(size).ok_or_else(too_short)?;
                    bytes = data.get(position..end).ok_or_else(too_short)?;
                    position = end;
                }
                match lua.create_string(bytes) {
                    Ok(text) => results.push(Value::String(text)),
                    Err(error) => return Ok(Err(error)),
                }
            }
            b's' => {
                let rest = &data[position..];
                let len = rest.iter().position(|byte| *byte == 0);
                let len =
                    len.ok_or_else(|| Outcome::Fail("unfinished string in data".to_owned()))?;
                match lua.create_string(&rest[..len]) {
                    Ok(text) => results.push(Value::String(text)),
                    Err(error) => return Ok(Err(error)),
                }
                position += len + 1;
            }
            _ => format.control(option)?,
        }
        if results.len() > RESULTS_MAX {
            return Err(Outcome::Fail("stack overflow (too many results)".to_owned()));
        }
        position += size;
    }
    results.push(Value::Number((position + 1) as f64));
    Ok(Ok(Outcome::ReturnMany(results)))
}

pub fn table(lua: &Lua, guard: &Table) -> mlua::Result<Table> {
    let module = Builder::new(lua, guard)?;
    module.add("pack", |lua, arguments| match pack(&arguments) {
        Ok(bytes) => Ok(Outcome::Return(Value::String(lua.create_string(bytes)?))),
        Err(outcome) => Ok(outcome),
    })?;
    module.add("unpack", |lua, arguments| unpack(lua, &arguments).unwrap_or_else(Ok))?;
    module.add("size", |_, arguments| Ok(settle(size(&arguments))))?;
    Ok(module.table)
}
