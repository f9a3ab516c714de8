//! Rules against a small catalogue of commands.

use proptest::prelude::*;

use crate::file::{self, Reading};
use crate::{
    Call, Catalog, CommandInfo, Denied, KeyAccess, NamedChannel, NamedKey, RuleError, Selector,
    User,
};

/// (number, name, categories): 1 string, 2 hash, 4 slow.
const COMMANDS: &[(u32, &str, u64)] = &[
    (0, "get", 1),
    (1, "set", 1),
    (2, "hget", 2),
    (3, "config", 4),
    (4, "config|get", 4),
    (5, "config|set", 4),
    (70, "select", 4),
];

struct Few;

impl Catalog for Few {
    fn find(&self, full_name: &[u8]) -> Option<CommandInfo> {
        let (id, name, _) =
            COMMANDS.iter().find(|(_, name, _)| name.as_bytes().eq_ignore_ascii_case(full_name))?;
        let prefix = format!("{name}|");
        let subcommands =
            COMMANDS.iter().filter(|(_, name, _)| name.starts_with(&prefix)).map(|(id, ..)| *id);
        Some(CommandInfo {
            id: *id,
            full_name: (*name).to_owned(),
            is_subcommand: name.contains('|'),
            subcommands: subcommands.collect(),
        })
    }

    fn category(&self, name: &[u8]) -> Option<u64> {
        let names = [(1, "string"), (2, "hash"), (4, "slow")];
        let found = names.iter().find(|(_, known)| known.as_bytes().eq_ignore_ascii_case(name));
        found.map(|(bit, _)| *bit)
    }

    fn visit(&self, visit: &mut dyn FnMut(u32, u64)) {
        COMMANDS.iter().for_each(|(id, _, categories)| visit(*id, *categories));
    }
}

/// A call whose keys are read (`r:`), written (`w:`) or looked at; `c:` is a channel.
struct Words<'a>(u32, Vec<&'a [u8]>);

impl Call for Words<'_> {
    fn command(&self) -> u32 {
        self.0
    }

    fn is_free(&self) -> bool {
        false
    }

    fn argv(&self) -> &[&[u8]] {
        &self.1
    }

    fn keys(&self) -> Vec<NamedKey> {
        let access = |word: &[u8]| KeyAccess {
            read: word.starts_with(b"r:"),
            write: word.starts_with(b"w:"),
        };
        let keys = self.1.iter().enumerate().skip(1).filter(|(_, word)| !word.starts_with(b"c:"));
        keys.map(|(position, word)| NamedKey { position, access: access(word) }).collect()
    }

    fn channels(&self) -> Vec<NamedChannel> {
        let all = self.1.iter().enumerate().filter(|(_, word)| word.starts_with(b"c:"));
        all.map(|(position, _)| NamedChannel { position, is_pattern: false }).collect()
    }
}

fn user(rules: &str) -> User {
    try_user(rules).expect("the rules are valid")
}

fn try_user(rules: &str) -> Result<User, RuleError> {
    let words: Vec<&[u8]> = rules.split_ascii_whitespace().map(str::as_bytes).collect();
    file::read_user(b"u", &words, false, &Few).map_err(|errors| errors[0].1)
}

fn check(user: &User, words: &str) -> Result<(), Denied> {
    let argv: Vec<&[u8]> = words.split_ascii_whitespace().map(str::as_bytes).collect();
    let id = COMMANDS.iter().find(|(_, name, _)| name.as_bytes() == argv[0]).map(|(id, ..)| *id);
    user.check(&Words(id.expect("the command is there"), argv))
}

fn commands(rules: &str) -> String {
    let mut out = Vec::new();
    user(rules).root().describe_commands(&mut out);
    String::from_utf8(out).expect("rules are text")
}

#[test]
fn rules_are_written_down_without_what_is_undone() {
    for (rules, expected) in [
        ("", "-@all"),
        ("+@all -@hash -@slow +hget", "+@all -@hash -@slow +hget"),
        ("+@all -@hash +hget -@hash", "+@all +hget -@hash"),
        ("-@string +@ALL", "+@all"),
        ("+HGET +hget", "-@all +hget"),
        ("+config|get +config", "-@all +config"),
        ("+config +config|get -config|set +config", "-@all +config"),
        ("+select|0 +SELECT|0 +get|x", "-@all +select|0 +get|x"),
        ("+get -get", "-@all -get"),
    ] {
        assert_eq!(commands(rules), expected, "{rules}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    for (rules, expected) in [
        ("+nope", RuleError::UnknownCommand),
        ("-config|nope", RuleError::UnknownCommand),
        ("+config|", RuleError::Syntax),
        ("+config|get|x", RuleError::FirstArgumentOfSubcommand),
        ("+@nope", RuleError::UnknownCommand),
        ("allkeys ~a", RuleError::AllKeysAlready),
        ("allchannels &a", RuleError::AllChannelsAlready),
        ("%X~a", RuleError::Syntax),
        ("%RR~a", RuleError::Syntax),
        ("%~a", RuleError::Syntax),
        ("<nope", RuleError::NoSuchPassword),
        ("#12", RuleError::BadHash),
        ("(on)", RuleError::Syntax),
        ("(~a (+get))", RuleError::Syntax),
        ("(\"~a)", RuleError::Syntax),
        ("(~a) +get)", RuleError::UnknownCommand),
        ("(~a))", RuleError::Syntax),
        (")", RuleError::Syntax),
        ("(+get", RuleError::Syntax),
    ] {
        assert_eq!(try_user(rules).err(), Some(expected), "{rules}");
    }
}

#[test]
fn all_rules_or_none() {
    let mut changed = user("on +get ~a");
    let before = changed.describe();
    let rules: [&[u8]; 2] = [b"+set", b"nonsense"];
    let refused = changed.apply_all(rules, false, &Few);
    assert_eq!(refused, Err((&b"nonsense"[..], RuleError::Syntax)));
    assert_eq!(changed.describe(), before);
}

#[test]
fn all_keys_as_a_pattern_among_others_can_be_read_again() {
    let made = user("%RW~* ~a");
    let text = made.describe();
    let words: Vec<&[u8]> = text.split(|byte| *byte == b' ').collect();
    let again = file::read_user(b"u", &words, false, &Few).expect("a description is valid");
    assert_eq!(again.describe(), text);
}

#[test]
fn calls_are_checked() {
    let reader = user("+get +set %R~r:* %W~w:* &c:a*");
    assert_eq!(check(&reader, "hget r:1"), Err(Denied::Command));
    assert_eq!(check(&reader, "get r:1 w:1"), Ok(()));
    assert_eq!(check(&reader, "get r:1 x"), Err(Denied::Key(2)));
    assert_eq!(check(&reader, "get c:abc"), Ok(()));
    assert_eq!(check(&reader, "get c:b"), Err(Denied::Channel(1)));
    let several = user("+get ~x (+get ~x ~y) (+set ~z)");
    assert_eq!(check(&several, "get x y z"), Err(Denied::Key(3)));
    assert_eq!(check(&several, "set z"), Ok(()));
    assert_eq!(check(&several, "hget z"), Err(Denied::Command));
    let one = user("+select|1 ~*");
    assert_eq!(check(&one, "select 1"), Ok(()));
    assert_eq!(check(&one, "select 2"), Err(Denied::Command));
    assert_eq!(check(&user("+@all -@string ~*"), "hget a"), Ok(()));
    assert_eq!(check(&user("+@all -@string ~*"), "get a"), Err(Denied::Command));
    assert!(user("+@all ~* &*").is_unrestricted());
    assert!(!user("+@all -get +get ~* &*").is_unrestricted());
}

#[test]
fn prefixes_need_an_open_end() {
    let some = user("~app:* ~lit\\*");
    assert!(some.allows_prefix(b"app:x", KeyAccess::READ));
    assert!(!some.allows_prefix(b"ap", KeyAccess::READ));
    assert!(!some.allows_prefix(b"lit*", KeyAccess::READ));
}

#[test]
fn files_are_read_as_a_whole() {
    let reading = Reading { file_name: "f", all_channels: false, catalog: &Few };
    let text = b"# c\nuser a on nopass\n\n  user b (+get ~x) >p\r\nuser default off";
    let users = reading.users(text).expect("the text is valid");
    assert_eq!(users.iter().count(), 3);
    assert!(!users.default_user().is_enabled());
    let again = reading.users(&file::text(&users)).expect("what was written can be read");
    assert_eq!(file::text(&again), file::text(&users));
    let errors = reading.users(b"user a x y\nuser b +nope ~* ~a\nuser c\nuser c\nfoo bar");
    assert_eq!(
        errors.expect_err("it is full of errors"),
        "f:1: Syntax error. f:2: Error in applying operation '+nope': Unknown command or category \
         name in ACL. f:2: Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid \
         and does not have any effect. Try 'resetkeys' to start with an empty list of patterns. \
         WARNING: Duplicate user 'c' found on line 4. f:5 should start with user keyword followed \
         by the username. WARNING: ACL errors detected, no change to the previously active ACL \
         rules was performed"
    );
}

#[test]
fn patterns_that_need_care_are_written_so_that_they_are_read_again() {
    let reading = Reading { file_name: "f", all_channels: false, catalog: &Few };
    for (rules, written) in [
        (&["(\"+get\" '~q\"')"][..], "(\"~q\\\"\" resetchannels -@all +get)"),
        (&["~J#", "%RW~*"][..], "~J# %RW~* resetchannels -@all"),
        (&["%RW~*"][..], "sanitize-payload ~* resetchannels -@all"),
    ] {
        let mut user = User::new("u", false);
        for rule in rules {
            user.apply(rule.as_bytes(), false, &Few).expect("a valid rule");
        }
        let text = String::from_utf8(user.describe()).expect("text");
        assert!(text.ends_with(written), "{text}");
        let line = format!("user u {text}\nuser default off");
        let users = reading.users(line.as_bytes()).expect("what was written can be read");
        let again = users.get(b"u").expect("the user");
        assert_eq!(String::from_utf8(again.describe()).expect("text"), text);
    }
}

/// `-get +get` takes the shortcut of those who may call everything, of which the description tells nothing.
fn without_shortcut(selector: &Selector) -> Selector {
    let mut selector = selector.clone();
    selector.all_commands = false;
    selector
}

proptest! {
    /// Whatever rules make of a user, its description makes it again.
    #[test]
    fn descriptions_make_the_same_user(
        rules in prop::collection::vec(
            prop::sample::select(vec![
                "on", "off", "nopass", ">x", "<x", "resetpass", "allkeys", "resetkeys", "~a*", "%R~b",
                "%W~b", "&c", "allchannels", "resetchannels", "+@all", "-@all", "+get", "-get",
                "+@string", "-@slow", "+config|get", "-config", "+select|1", "+get|x", "(+get ~k)",
                "(-@all &x %R~y)", "(+@all -hget)", "clearselectors", "skip-sanitize-payload", "reset",
            ]),
            0..20,
        ),
    ) {
        let mut made = User::new("u", false);
        for rule in rules {
            let _refused = made.apply(rule.as_bytes(), false, &Few);
        }
        let text = made.describe();
        let words: Vec<&[u8]> = text.split(|byte| *byte == b' ').collect();
        let again = file::read_user(b"u", &words, false, &Few).expect("a description is valid");
        prop_assert_eq!(again.describe(), text);
        prop_assert_eq!(without_shortcut(again.root()), without_shortcut(made.root()));
        prop_assert_eq!(again.further(), made.further());
        let mut anew = made.clone();
        anew.recompute(&Few);
        prop_assert_eq!(without_shortcut(anew.root()), without_shortcut(made.root()));
    }

    /// No bytes make a rule panic, and what is refused changes nothing.
    #[test]
    fn any_bytes(rules in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..8)) {
        let mut made = User::new("u", false);
        let before = made.describe();
        let slices: Vec<&[u8]> = rules.iter().map(Vec::as_slice).collect();
        if made.apply_all(slices, false, &Few).is_err() {
            prop_assert_eq!(made.describe(), before);
        }
    }
}
