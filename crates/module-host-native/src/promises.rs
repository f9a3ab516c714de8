//! Calls of commands that wait: the reply is a promise, and comes to a function of the module when it is there.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::rc::Rc;
use std::sync::Arc;

use engine::{ClientId, State};
use module_abi::status;

use crate::calls::CallReply;
use crate::context::Ctx;
use crate::module::Module;
use crate::ptr;
use crate::table::Table;

/// `void (*)(ctx, reply, data)`: the reply is the module's to free.
type UnblockedFunc = unsafe extern "C" fn(*mut Ctx, *mut CallReply, *mut c_void);

/// A call that waits.
pub struct Promise {
    /// The client that waits in it; none once it has been answered or given up.
    client: Option<ClientId>,
    handler: Option<UnblockedFunc>,
    data: *mut c_void,
}

/// The reply and the client that waits both know of it.
pub type SharedPromise = Rc<RefCell<Promise>>;

/// The client waits in a command that a context has called.
pub fn promise(ctx: &mut Ctx, client: ClientId) -> CallReply {
    let promise = Promise { client: Some(client), handler: None, data: std::ptr::null_mut() };
    let promise = Rc::new(RefCell::new(promise));
    let (module, db, kept) = (ctx.module.clone(), ctx.db, promise.clone());
    ctx.state().clients[client].on_answered =
        Some(Rc::new(move |state, client| answered(state, client, module.as_ref(), db, &kept)));
    CallReply::promised(promise)
}

/// The reply is there, in the buffer of the client.
fn answered(
    state: &mut State,
    client: ClientId,
    module: Option<&Arc<Module>>,
    db: usize,
    promise: &SharedPromise,
) {
    let bytes = state.clients[client].reply.take();
    state.disconnect_client(client);
    let (handler, data) = {
        let mut promise = promise.borrow_mut();
        promise.client = None;
        (promise.handler.take(), promise.data)
    };
    let (Some(handler), Some(module)) = (handler, module) else { return };
    let reply = Box::into_raw(Box::new(CallReply::parse(bytes)));
    state.begin_unit();
    let mut ctx = Ctx::of_callback(module, state);
    ctx.db = db;
    // SAFETY: the function is the module's own with this signature, and the data is what it gave with it.
    module.run("unblocked call", || unsafe { handler(&raw mut ctx, reply, data) });
    drop(ctx);
    state.end_unit();
}

extern "C" fn set_unblock_handler(
    reply: *mut CallReply,
    handler: Option<UnblockedFunc>,
    data: *mut c_void,
) {
    if let Some(promise) = ptr::reference(reply).and_then(|reply| reply.promise.as_ref()) {
        let mut promise = promise.borrow_mut();
        promise.handler = handler;
        promise.data = data;
    }
}

extern "C" fn abort(reply: *mut CallReply, data: *mut *mut c_void) -> c_int {
    let Some(promise) = ptr::reference(reply).and_then(|reply| reply.promise.clone()) else {
        return status::ERR;
    };
    let client = {
        let mut promise = promise.borrow_mut();
        let Some(client) = promise.client.take() else { return status::ERR };
        promise.handler = None;
        ptr::put(data, promise.data);
        client
    };
    let state = crate::host::state_in_use();
    state.clients[client].on_answered = None;
    state.disconnect_client(client);
    status::OK
}

pub fn register(table: &mut Table) {
    table.add("CallReplyPromiseSetUnblockHandler", set_unblock_handler as *const ());
    table.add("CallReplyPromiseAbort", abort as *const ());
}
