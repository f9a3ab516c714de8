//! The list of all built-in commands, in alphabetic order: one line per command.

use engine::BuiltIn;

use crate::{bitmap, connection, generic, hash, pubsub, server, string, transactions};

/// All built-in commands.
pub static BUILT_INS: &[&BuiltIn] = &[
    &server::acl::ACL,
    &string::append::APPEND,
    &connection::auth::AUTH,
    &bitmap::bitcount::BITCOUNT,
    &bitmap::bitfield::BITFIELD,
    &bitmap::bitfield_ro::BITFIELD_RO,
    &bitmap::bitop::BITOP,
    &bitmap::bitpos::BITPOS,
    &connection::client::CLIENT,
    &server::command::COMMAND,
    &server::config::CONFIG,
    &generic::copy::COPY,
    &server::dbsize::DBSIZE,
    &server::debug::DEBUG,
    &string::incr::DECR,
    &string::incr::DECRBY,
    &generic::del::DEL,
    &string::delex::DELEX,
    &string::digest::DIGEST,
    &transactions::discard::DISCARD,
    &generic::dump::DUMP,
    &connection::echo::ECHO,
    &transactions::exec::EXEC,
    &generic::exists::EXISTS,
    &generic::expire::EXPIRE,
    &generic::expireat::EXPIREAT,
    &generic::expiretime::EXPIRETIME,
    &server::flushall::FLUSHALL,
    &server::flushdb::FLUSHDB,
    &string::get::GET,
    &bitmap::getbit::GETBIT,
    &string::getdel::GETDEL,
    &string::getex::GETEX,
    &string::getrange::GETRANGE,
    &string::getset::GETSET,
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
    &hash::hincrbyfloat::HINCRBYFLOAT,
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
    &string::incr::INCR,
    &string::incr::INCRBY,
    &string::incrbyfloat::INCRBYFLOAT,
    &string::increx::INCREX,
    &server::info::INFO,
    &generic::keys::KEYS,
    &server::lastsave::LASTSAVE,
    &server::latency::LATENCY,
    &string::lcs::LCS,
    &server::lolwut::LOLWUT,
    &server::memory::MEMORY,
    &string::mget::MGET,
    &server::module::MODULE,
    &server::monitor::MONITOR,
    &generic::r#move::MOVE,
    &string::mset::MSET,
    &string::msetex::MSETEX,
    &string::mset::MSETNX,
    &transactions::multi::MULTI,
    &generic::object::OBJECT,
    &generic::persist::PERSIST,
    &generic::pexpire::PEXPIRE,
    &generic::pexpireat::PEXPIREAT,
    &generic::pexpiretime::PEXPIRETIME,
    &connection::ping::PING,
    &string::setex::PSETEX,
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
    &generic::restore::RESTORE,
    &server::restore_asking::RESTORE_ASKING,
    &server::role::ROLE,
    &generic::scan::SCAN,
    &connection::select::SELECT,
    &string::set::SET,
    &bitmap::setbit::SETBIT,
    &string::setex::SETEX,
    &string::setnx::SETNX,
    &string::setrange::SETRANGE,
    &server::shutdown::SHUTDOWN,
    &server::slowlog::SLOWLOG,
    &pubsub::publish::SPUBLISH,
    &pubsub::subscribe::SSUBSCRIBE,
    &string::strlen::STRLEN,
    &pubsub::subscribe::SUBSCRIBE,
    &string::getrange::SUBSTR,
    &pubsub::subscribe::SUNSUBSCRIBE,
    &server::swapdb::SWAPDB,
    &server::time::TIME,
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
