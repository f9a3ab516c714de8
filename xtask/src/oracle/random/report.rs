//! Differences as a person reads them: a transcript with the replies of both.

use testkit::{quote, render};

use super::generate::Words;
use super::pair::Difference;

/// A command as it is typed.
pub fn line(command: &Words) -> String {
    let words: Vec<String> = command
        .iter()
        .map(|word| {
            let plain = !word.is_empty() && word.iter().all(|byte| is_plain(*byte));
            if plain { String::from_utf8_lossy(word).into_owned() } else { quote(word) }
        })
        .collect();
    words.join(" ")
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\')
}

/// The sequence and what came of it.
pub fn print(sequence: &[Words], protocol: u8, difference: &Difference) {
    println!("RESP{protocol}");
    for command in sequence {
        println!("> {}", line(command));
    }
    if difference.at.is_none() {
        println!("afterwards:\n> {}", line(&difference.command));
    }
    println!("genuine:\n  {}", render(&difference.theirs).join("\n  "));
    println!("ours:\n  {}", render(&difference.ours).join("\n  "));
    if let Some(log) = &difference.log {
        println!("{log}");
    }
}
