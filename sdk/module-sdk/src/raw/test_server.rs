//! A small server in the test's own process: the functions of the Module API that the SDK asks for, over a map of keys.
//!
//! What a module does with its own types, with strings, replies and time to live works as on a server. Calls of the server's
//! commands, threads and timers are errors; events, parameters and INFO are accepted and never come: for them a test starts a
//! server, with `testkit`.

mod data;
mod replies;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::ffi::{c_int, c_void};

use module_abi::{NO_EXPIRE, TypeMethods, status};

use super::api::GetApi;
use super::entry::{RawArgv, RawCommand, RawContext, RawString};
use crate::{Error, Reply, Result};

/// `RedisModule_OnLoad`, as [`crate::module!`] makes it.
pub type Load = extern "C" fn(RawContext, RawArgv, c_int) -> c_int;

/// A server with one module and no others.
#[derive(Debug)]
pub struct TestServer {
    state: Box<State>,
}

/// What a context points to: its first word is where a module asks for functions.
#[repr(C)]
struct State {
    get: GetApi,
    keys: BTreeMap<Vec<u8>, Key>,
    commands: HashMap<String, RawCommand>,
    replies: replies::Gathered,
    log: Vec<String>,
    propagated: Vec<Vec<Vec<u8>>>,
    argv: Vec<Vec<u8>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

struct Key {
    value: Value,
    expires_in_ms: i64,
}

enum Value {
    String(Vec<u8>),
    Module { kind: *const Type, value: *mut c_void },
}

/// A type of values of the module.
struct Type {
    name: String,
    version: c_int,
    methods: TypeMethods,
}

impl TestServer {
    /// Loads the module: `TestServer::start(RedisModule_OnLoad, &[])`, with the arguments of MODULE LOAD.
    pub fn start(load: Load, arguments: &[&str]) -> Result<TestServer> {
        let state = State {
            get: table::get,
            keys: BTreeMap::new(),
            commands: HashMap::new(),
            replies: replies::Gathered::default(),
            log: Vec::new(),
            propagated: Vec::new(),
            argv: Vec::new(),
        };
        let mut server = TestServer { state: Box::new(state) };
        let words: Vec<Vec<u8>> = arguments.iter().map(|word| word.as_bytes().to_vec()).collect();
        let strings = Strings::new(&words);
        match load(server.context(), strings.argv(), strings.argc()) {
            status::OK => Ok(server),
            _ => Err(Error::Text(server.state.log.join("; ").into())),
        }
    }

    fn context(&mut self) -> RawContext {
        RawContext((&raw mut *self.state).cast())
    }

    /// Executes a command of the module; the error it replies with is an error.
    pub fn command<W: AsRef<[u8]>>(&mut self, words: &[W]) -> Result<Reply> {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_ref().to_vec()).collect();
        let name = words.first().map(|name| String::from_utf8_lossy(name).to_ascii_lowercase());
        let run = name.as_ref().and_then(|name| self.state.commands.get(name).copied());
        let run = run.ok_or_else(|| Error::err("unknown command"))?;
        let strings = Strings::new(&words);
        self.state.argv = words;
        self.state.replies = replies::Gathered::default();
        run(self.context(), strings.argv(), strings.argc());
        match self.state.replies.take() {
            Some(Reply::Error(error)) => Err(error),
            Some(reply) => Ok(reply),
            None => Ok(Reply::Sent),
        }
    }

    /// Saves the values of the module's types and loads them again; an error if one cannot be loaded.
    pub fn reload(&mut self) -> Result<()> {
        for (name, key) in &mut self.state.keys {
            if let Value::Module { kind, value } = &mut key.value {
                // SAFETY: types stay.
                let kind = unsafe { &**kind };
                let loaded = data::load(kind, data::save(kind, *value));
                let name = String::from_utf8_lossy(name);
                let loaded =
                    loaded.ok_or_else(|| Error::err(format!("{name} cannot be loaded")))?;
                data::free(kind, std::mem::replace(value, loaded));
            }
        }
        Ok(())
    }

    /// Loads a damaged value of a key's type: what is saved of it, changed by `damage`. Whether that was refused.
    pub fn refuses_damaged(&self, key: &str, damage: impl FnOnce(&mut Vec<u8>)) -> bool {
        let Some(Value::Module { kind, value }) =
            self.state.keys.get(key.as_bytes()).map(|key| &key.value)
        else {
            return false;
        };
        // SAFETY: types stay.
        let kind = unsafe { &**kind };
        let mut saved = data::save(kind, *value);
        damage(&mut saved);
        match data::load(kind, saved) {
            None => true,
            Some(value) => {
                data::free(kind, value);
                false
            }
        }
    }

    /// The commands that make a key's value anew.
    pub fn rewritten(&self, key: &str) -> Vec<Vec<Vec<u8>>> {
        match self.state.keys.get(key.as_bytes()).map(|key| &key.value) {
            Some(Value::Module { kind, value }) => {
                // SAFETY: types stay.
                data::rewrite(unsafe { &**kind }, key.as_bytes(), *value)
            }
            _ => Vec::new(),
        }
    }

    /// What replicas would have been sent since this was asked last.
    pub fn take_propagated(&mut self) -> Vec<Vec<Vec<u8>>> {
        std::mem::take(&mut self.state.propagated)
    }

    /// `none`, `string`, or the name of the module's type.
    pub fn key_type(&self, key: &str) -> &str {
        match self.state.keys.get(key.as_bytes()).map(|key| &key.value) {
            None => "none",
            Some(Value::String(_)) => "string",
            // SAFETY: types stay.
            Some(Value::Module { kind, .. }) => unsafe { &(**kind).name },
        }
    }

    /// Sets a string.
    pub fn set_string(&mut self, key: &str, bytes: &[u8]) {
        self.state.set(key.as_bytes(), Value::String(bytes.to_vec()));
    }

    /// The lines of the log.
    pub fn log(&self) -> &[String] {
        &self.state.log
    }
}

impl State {
    fn set(&mut self, name: &[u8], value: Value) {
        let key = Key { value, expires_in_ms: NO_EXPIRE };
        if let Some(before) = self.keys.insert(name.to_vec(), key) {
            before.free();
        }
    }
}

impl Key {
    fn free(self) {
        if let Value::Module { kind, value } = self.value {
            // SAFETY: types stay.
            data::free(unsafe { &*kind }, value);
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        std::mem::take(&mut self.keys).into_values().for_each(Key::free);
    }
}

/// The words of a call as the module gets them.
struct Strings {
    pointers: Vec<RawString>,
}

impl Strings {
    fn new(words: &[Vec<u8>]) -> Strings {
        Strings { pointers: words.iter().map(|word| table::string(word)).collect() }
    }

    fn argv(&self) -> RawArgv {
        RawArgv(self.pointers.as_ptr().cast_mut().cast())
    }

    fn argc(&self) -> c_int {
        c_int::try_from(self.pointers.len()).unwrap_or(c_int::MAX)
    }
}

impl Drop for Strings {
    fn drop(&mut self) {
        self.pointers.iter().for_each(|pointer| table::free(*pointer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::data_type::{DataType, Loader, Registered, Rewriter, Saver, TypeHandle};
    use crate::{Command, CommandSpec, Context, Module};

    struct Numbers(Vec<i64>);

    impl Registered for Numbers {
        fn handle() -> &'static TypeHandle {
            static HANDLE: TypeHandle = TypeHandle::new();
            &HANDLE
        }
    }

    impl DataType for Numbers {
        const NAME: &'static str = "numbers-t";

        fn save(&self, to: &mut Saver) {
            to.unsigned(self.0.len() as u64);
            self.0.iter().for_each(|number| to.signed(*number));
            to.bytes(b"end");
            to.double(0.5);
        }

        fn load(from: &mut Loader, _version: i32) -> Result<Numbers> {
            let len = from.unsigned()?;
            let numbers = (0..len).map(|_| from.signed()).collect::<Result<_>>()?;
            if from.bytes()? != b"end" || from.double()? != 0.5 {
                return Err(Error::err("not a list of numbers"));
            }
            Ok(Numbers(numbers))
        }

        fn rewrite(&self, key: &[u8], to: &mut Rewriter) {
            for number in &self.0 {
                to.command("NUMBERS.ADD", &[key, number.to_string().as_bytes()]);
            }
        }
    }

    const ADD: Command = Command::new(
        CommandSpec { name: "numbers.add", arity: 3, ..CommandSpec::DEFAULT },
        |context, arguments| {
            let (key, number) = (arguments.word()?, arguments.integer()?);
            let mut open = context.write(key);
            let numbers = open.value_or_insert(|| Numbers(Vec::new()))?;
            numbers.0.push(number);
            let all = Reply::array(numbers.0.iter().copied());
            drop(open);
            context.replicate_verbatim();
            Ok(Reply::Map(vec![("all".into(), all)]))
        },
    );

    static MODULE: Module = Module {
        name: "numbers",
        version: 1,
        category: Some("numbers"),
        types: &[<Numbers as crate::raw::data_type::Creatable>::create],
        commands: &[(&ADD, call)],
        configs: &[],
        events: &[],
        info: None,
        load: Some(|_: &mut Context, arguments| arguments.end()),
        unload: None,
    };

    extern "C" fn call(context: RawContext, argv: RawArgv, argc: c_int) -> c_int {
        crate::raw::entry::call(&ADD, context, argv, argc)
    }

    extern "C" fn info(_to: crate::raw::entry::RawInfo, _crash: c_int) {}

    extern "C" fn load(context: RawContext, argv: RawArgv, argc: c_int) -> c_int {
        crate::raw::entry::load(&MODULE, info, context, argv, argc)
    }

    #[test]
    fn a_module_runs_without_a_server() {
        let mut server = TestServer::start(load, &[]).expect("loaded");
        server.command(&["numbers.add", "k", "5"]).expect("a reply");
        let reply = server.command(&["NUMBERS.ADD", "k", "-6"]).expect("a reply");
        let all = Reply::array([5_i64, -6]);
        assert_eq!(reply, Reply::Map(vec![("all".into(), all.clone())]));
        assert_eq!(server.take_propagated().len(), 2);
        server.reload().expect("saved and loaded");
        let reply = server.command(&["numbers.add", "k", "7"]).expect("a reply");
        assert_eq!(reply, Reply::Map(vec![("all".into(), Reply::array([5_i64, -6, 7]))]));
        assert_eq!(
            server.rewritten("k")[1],
            ["NUMBERS.ADD", "k", "-6"].map(|word| word.as_bytes().to_vec())
        );
        assert_eq!((server.key_type("k"), server.key_type("none")), ("numbers-t", "none"));
    }

    #[test]
    fn what_goes_wrong_is_an_error() {
        let mut server = TestServer::start(load, &[]).expect("loaded");
        server.set_string("s", b"text");
        assert_eq!(server.command(&["numbers.add", "s", "1"]), Err(Error::WRONG_TYPE));
        assert_eq!(server.command(&["numbers.add", "k", "x"]), Err(Error::NOT_AN_INTEGER));
        assert!(server.command(&["numbers.add", "k"]).is_err());
        assert!(server.command(&["nosuch"]).is_err());
        let refused = TestServer::start(load, &["superfluous"]).expect_err("refused");
        assert_eq!(refused, Error::SYNTAX);
    }

    #[test]
    fn a_damaged_value_is_refused() {
        let mut server = TestServer::start(load, &[]).expect("loaded");
        server.command(&["numbers.add", "k", "5"]).expect("a reply");
        assert!(!server.refuses_damaged("k", |_| {}));
        assert!(server.refuses_damaged("k", |saved| saved.truncate(saved.len() - 1)));
        assert!(server.refuses_damaged("k", Vec::clear));
        assert!(server.refuses_damaged("k", |saved| saved[1] = 200));
    }
}
