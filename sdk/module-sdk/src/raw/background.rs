//! Work that goes on while other clients are served: in a thread whose result the client waits for, or after some time.

use std::ffi::{c_int, c_void};
use std::time::Duration;

use module_abi::{Opaque, status};

use super::api::api;
use super::context::Context;
use super::entry::{RawArgv, RawContext, protect};
use crate::{Error, Reply, Result};

/// A client that waits for the result of a thread.
#[derive(Debug)]
pub struct Background {
    client: Opaque,
}

// SAFETY: the server takes the end of waiting from any thread.
unsafe impl Send for Background {}

type Outcome = Result<Reply>;

extern "C" fn answer(raw: RawContext, _argv: RawArgv, _argc: c_int) -> c_int {
    // SAFETY: the data with which the client was unblocked; the server frees it by `free`.
    let outcome = unsafe { (api().GetBlockedClientPrivateData)(raw) }.cast::<Outcome>();
    let context = Context::with_client(raw);
    // SAFETY: as above.
    match unsafe { outcome.as_ref() } {
        Some(outcome) => context.answer(outcome.clone()),
        None => context.answer(Err(Error::err("the work has no result"))),
    }
    status::OK
}

unsafe extern "C" fn free(_raw: RawContext, outcome: *mut c_void) {
    if !outcome.is_null() {
        // SAFETY: the box that `done` gave away, freed once.
        drop(unsafe { Box::from_raw(outcome.cast::<Outcome>()) });
    }
}

impl Background {
    /// Ends the waiting with a result.
    pub fn done(self, outcome: Result<Reply>) {
        let outcome = Box::into_raw(Box::new(outcome));
        // SAFETY: the client waits, and for this once; the box is the server's until `free`.
        unsafe { (api().UnblockClient)(self.client, outcome.cast()) };
        std::mem::forget(self);
    }
}

impl Drop for Background {
    /// Nobody waits for ever.
    fn drop(&mut self) {
        let outcome: Outcome = Err(Error::err("the work ended without a result"));
        let outcome = Box::into_raw(Box::new(outcome));
        // SAFETY: as in `done`, which leaves nothing to drop.
        unsafe { (api().UnblockClient)(self.client, outcome.cast()) };
    }
}

impl Context {
    /// Has the client wait, for as long as it takes. Not possible in transactions and scripts.
    pub fn block(&mut self) -> Result<Background> {
        if self.denies_blocking() {
            return Err(Error::err("the command cannot wait within a transaction or a script"));
        }
        // SAFETY: the functions stay as long as the module, which cannot be unloaded while clients wait.
        let client = unsafe { (api().BlockClient)(self.raw(), answer, None, Some(free), 0) };
        if client.is_null() {
            Err(Error::err("the client cannot wait"))
        } else {
            Ok(Background { client })
        }
    }

    /// Runs `work` in a thread of its own and replies with what it returns: end the command with the result of this.
    pub fn in_background(
        &mut self,
        work: impl FnOnce() -> Result<Reply> + Send + 'static,
    ) -> Result<Reply> {
        let background = self.block()?;
        let thread = std::thread::Builder::new().name("module".to_owned());
        // Without a thread the work is dropped, and with it `background`, which ends the waiting with an error.
        let _ = thread.spawn(move || background.done(protect(work)));
        Ok(Reply::Sent)
    }

    /// Runs `work` after some time, between commands.
    pub fn after(&mut self, delay: Duration, work: impl FnOnce(&mut Context) + 'static) {
        type Work = Box<dyn FnOnce(&mut Context)>;
        unsafe extern "C" fn due(raw: RawContext, data: *mut c_void) {
            // SAFETY: the box given below, which comes back once.
            let work = unsafe { Box::from_raw(data.cast::<Work>()) };
            let mut context = Context::new(raw);
            let ended = protect(|| {
                work(&mut context);
                Ok(())
            });
            if let Err(error) = ended {
                context.log(crate::LogLevel::Warning, &error.text());
            }
        }
        let work: Box<Work> = Box::new(Box::new(work));
        let ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        // SAFETY: the function takes the box back.
        unsafe { (api().CreateTimer)(self.raw(), ms, due, Box::into_raw(work).cast()) };
    }
}
