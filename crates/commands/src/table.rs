//! The list of all built-in commands, in alphabetic order: one line per command.

use engine::BuiltIn;

use crate::{connection, generic, hash, pubsub, server, string, transactions};

/// All built-in commands.
pub static BUILT_INS: &[&BuiltIn] = &[
    &connection::auth::AUTH,
    &connection::client::CLIENT,
    &server::config::CONFIG,
    &generic::copy::COPY,
    &server::dbsize::DBSIZE,
    &generic::del::DEL,
    &transactions::discard::DISCARD,
    &connection::echo::ECHO,
    &transactions::exec::EXEC,
    &generic::exists::EXISTS,
    &generic::expire::EXPIRE,
    &generic::expireat::EXPIREAT,
    &generic::expiretime::EXPIRETIME,
    &server::flushall::FLUSHALL,
    &server::flushdb::FLUSHDB,
    &string::get::GET,
    &hash::hdel::HDEL,
    &connection::hello::HELLO,
    &hash::hexists::HEXISTS,
    &hash::hexpire::HEXPIRE,
    &hash::hexpireat::HEXPIREAT,
    &hash::hexpiretime::HEXPIRETIME,
    &hash::hget::HGET,
    &hash::hgetall::HGETALL,
    &hash::hgetdel::HGETDEL,
    &hash::hgetex::HGETEX,
    &hash::hincrby::HINCRBY,
    &hash::hkeys::HKEYS,
    &hash::hlen::HLEN,
    &hash::hmget::HMGET,
    &hash::hmset::HMSET,
    &hash::hpersist::HPERSIST,
    &hash::hpexpire::HPEXPIRE,
    &hash::hpexpireat::HPEXPIREAT,
    &hash::hpexpiretime::HPEXPIRETIME,
    &hash::hpttl::HPTTL,
    &hash::hrandfield::HRANDFIELD,
    &hash::hscan::HSCAN,
    &hash::hset::HSET,
    &hash::hsetex::HSETEX,
    &hash::hsetnx::HSETNX,
    &hash::hstrlen::HSTRLEN,
    &hash::httl::HTTL,
    &hash::hvals::HVALS,
    &server::info::INFO,
    &generic::keys::KEYS,
    &server::module::MODULE,
    &generic::r#move::MOVE,
    &transactions::multi::MULTI,
    &generic::object::OBJECT,
    &generic::persist::PERSIST,
    &generic::pexpire::PEXPIRE,
    &generic::pexpireat::PEXPIREAT,
    &generic::pexpiretime::PEXPIRETIME,
    &connection::ping::PING,
    &pubsub::subscribe::PSUBSCRIBE,
    &generic::pttl::PTTL,
    &pubsub::publish::PUBLISH,
    &pubsub::pubsub::PUBSUB,
    &pubsub::subscribe::PUNSUBSCRIBE,
    &connection::quit::QUIT,
    &generic::randomkey::RANDOMKEY,
    &generic::rename::RENAME,
    &generic::renamenx::RENAMENX,
    &connection::reset::RESET,
    &generic::scan::SCAN,
    &connection::select::SELECT,
    &string::set::SET,
    &pubsub::publish::SPUBLISH,
    &pubsub::subscribe::SSUBSCRIBE,
    &pubsub::subscribe::SUBSCRIBE,
    &pubsub::subscribe::SUNSUBSCRIBE,
    &server::swapdb::SWAPDB,
    &generic::touch::TOUCH,
    &generic::ttl::TTL,
    &generic::r#type::TYPE,
    &generic::unlink::UNLINK,
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
