//! The list of all built-in commands, in alphabetic order: one line per command.

use engine::BuiltIn;

use crate::{connection, pubsub, server, string, transactions};

/// All built-in commands.
pub static BUILT_INS: &[&BuiltIn] = &[
    &transactions::discard::DISCARD,
    &connection::echo::ECHO,
    &transactions::exec::EXEC,
    &string::get::GET,
    &server::module::MODULE,
    &transactions::multi::MULTI,
    &connection::ping::PING,
    &pubsub::subscribe::PSUBSCRIBE,
    &pubsub::publish::PUBLISH,
    &pubsub::pubsub::PUBSUB,
    &pubsub::subscribe::PUNSUBSCRIBE,
    &connection::select::SELECT,
    &string::set::SET,
    &pubsub::publish::SPUBLISH,
    &pubsub::subscribe::SSUBSCRIBE,
    &pubsub::subscribe::SUBSCRIBE,
    &pubsub::subscribe::SUNSUBSCRIBE,
    &pubsub::subscribe::UNSUBSCRIBE,
    &transactions::unwatch::UNWATCH,
    &transactions::watch::WATCH,
];

#[cfg(test)]
mod tests {
    use super::BUILT_INS;

    #[test]
    fn names_are_sorted_and_unique() {
        assert!(BUILT_INS.windows(2).all(|pair| pair[0].spec.name < pair[1].spec.name));
    }

    #[test]
    fn specs_are_whole() {
        for command in BUILT_INS.iter().flat_map(|command| {
            std::iter::once(*command).chain(command.subcommands.iter().copied())
        }) {
            let spec = &command.spec;
            assert!(spec.summary.ends_with('.'), "summary of {}", spec.name);
            assert_eq!(spec.name, spec.name.to_lowercase());
            assert_ne!(spec.categories, 0, "categories of {}", spec.name);
        }
    }
}
