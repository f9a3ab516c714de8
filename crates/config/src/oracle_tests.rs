//! CONFIG SET and GET compared with what the genuine server replied.

use crate::{Config, SetRules};

/// Parameters that only we have.
const OURS: [&str; 3] = ["module-probe", "module-probe-timeout", "module-memory-limit"];

/// Names and defaults of CONFIG GET *, without the one parameter that belongs to the vector set module.
#[test]
fn defaults_as_the_genuine_server() {
    let text = include_str!("oracle_defaults.json");
    let recorded: std::collections::BTreeMap<String, String> =
        serde_json::from_str(text).expect("recorded shape");
    let ours: std::collections::BTreeMap<String, String> = Config::default()
        .matching([&b"*"[..]])
        .into_iter()
        .filter(|(name, _)| !OURS.contains(&name.as_str()))
        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
        .collect();
    assert_eq!(ours, recorded);
}

/// Names of rows are spelled like their fields, and every row explains itself.
#[test]
fn rows_are_in_order() {
    for parameter in crate::PARAMETERS {
        assert_eq!(parameter.name, parameter.name.to_ascii_lowercase());
        assert!(parameter.doc.ends_with('.'), "{}", parameter.name);
        assert!(!parameter.name.contains('_'), "{}", parameter.name);
    }
}

/// Every pair of parameter and value that was tried on the genuine server, with its reply and the value afterwards.
#[test]
fn replies_as_the_genuine_server() {
    let text = include_str!("oracle_tests.json");
    type Attempt = (String, String, String);
    let recorded: Vec<(String, Vec<Attempt>)> = serde_json::from_str(text).expect("recorded shape");
    let rules = SetRules { loading: false, protected_allowed: true };
    let mut wrong = Vec::new();
    for (name, attempts) in recorded {
        let mut config = Config { dir: b"/tmp/wire/o".to_vec(), ..Config::default() };
        for (value, reply, after) in attempts {
            let pair = (name.as_bytes(), value.as_bytes());
            let ours = match config.prepare([pair], rules) {
                Ok((next, _)) => {
                    config = next;
                    "+OK".to_owned()
                }
                Err(error) => format!("-{}", String::from_utf8_lossy(&error.reply_text())),
            };
            let now = config.get(name.as_bytes()).unwrap_or_default();
            let now = String::from_utf8_lossy(&now).into_owned();
            if ours != reply || (reply == "+OK" && now != after) {
                wrong.push(format!("{name} {value:?}: {reply:?} {after:?}, ours {ours:?} {now:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
