//! Command filters: modules that change requests before they are looked up.

use std::ffi::{c_int, c_ulonglong, c_void};
use std::rc::Rc;

use engine::client::OwnedArgv;
use engine::{ClientId, State};
use module_abi::status;

use crate::context::Ctx;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr, bytes_of};
use crate::table::Table;

/// `void (*)(filter_context)`.
type FilterFunc = unsafe extern "C" fn(*mut FilterCtx);

/// What a `RedisModuleCommandFilterCtx *` points to: the words of the request.
pub struct FilterCtx {
    words: Vec<StringPtr>,
    client_number: u64,
}

/// What a `RedisModuleCommandFilter *` points to.
pub struct Filter {
    number: u64,
}

extern "C" fn register_command_filter(
    ctx: *mut Ctx,
    function: FilterFunc,
    flags: c_int,
) -> *mut Filter {
    /// What the module itself calls is not filtered.
    const NO_SELF: c_int = 1;
    let not_own = flags & NO_SELF != 0;
    let ctx = ptr::required(ctx);
    let module = ctx.module().clone();
    let state = ctx.state();
    let number = state.random_u64();
    let owner = module.clone();
    let call = Rc::new(move |state: &mut State, client: ClientId, argv: &mut OwnedArgv| {
        if not_own && owner.calls.get() > 0 {
            return;
        }
        let client_number = state.clients.get(client).map_or(0, |session| session.id);
        let words = argv.0.iter().map(|word| ModuleString::create(word)).collect();
        let mut context = FilterCtx { words, client_number };
        // SAFETY: the function is the module's own with this signature, and the context outlives the call.
        owner.run("command filter", || unsafe { function(&raw mut context) });
        argv.0 = context.words.iter().map(|word| bytes_of(*word).into()).collect();
        for word in context.words {
            crate::strings::release(word);
        }
    });
    state.command_filters.push((number, call));
    let filter = Box::into_raw(Box::new(Filter { number }));
    module.filters.borrow_mut().push((number, filter.cast::<c_void>()));
    filter
}

extern "C" fn unregister_command_filter(ctx: *mut Ctx, filter: *mut Filter) -> c_int {
    let ctx = ptr::required(ctx);
    let number = ptr::required(filter).number;
    let module = ctx.module();
    let before = module.filters.borrow().len();
    module.filters.borrow_mut().retain(|(known, _)| *known != number);
    if module.filters.borrow().len() == before {
        return status::ERR;
    }
    ctx.state().command_filters.retain(|(known, _)| *known != number);
    drop(ptr::take_back(filter));
    status::OK
}

extern "C" fn args_count(context: *mut FilterCtx) -> c_int {
    ptr::required(context).words.len() as c_int
}

fn position(context: &FilterCtx, position: c_int, one_more: bool) -> Option<usize> {
    let limit = context.words.len() + usize::from(one_more);
    usize::try_from(position).ok().filter(|position| *position < limit)
}

extern "C" fn arg_get(context: *mut FilterCtx, index: c_int) -> StringPtr {
    let context = ptr::required(context);
    position(context, index, false).map_or(std::ptr::null_mut(), |index| context.words[index])
}

extern "C" fn arg_insert(context: *mut FilterCtx, index: c_int, word: StringPtr) -> c_int {
    let context = ptr::required(context);
    let Some(index) = position(context, index, true) else { return status::ERR };
    context.words.insert(index, word);
    status::OK
}

extern "C" fn arg_replace(context: *mut FilterCtx, index: c_int, word: StringPtr) -> c_int {
    let context = ptr::required(context);
    let Some(index) = position(context, index, false) else { return status::ERR };
    crate::strings::release(std::mem::replace(&mut context.words[index], word));
    status::OK
}

extern "C" fn arg_delete(context: *mut FilterCtx, index: c_int) -> c_int {
    let context = ptr::required(context);
    let Some(index) = position(context, index, false) else { return status::ERR };
    crate::strings::release(context.words.remove(index));
    status::OK
}

extern "C" fn get_client_id(context: *mut FilterCtx) -> c_ulonglong {
    ptr::required(context).client_number
}

pub fn register(table: &mut Table) {
    table.add("RegisterCommandFilter", register_command_filter as *const ());
    table.add("UnregisterCommandFilter", unregister_command_filter as *const ());
    table.add("CommandFilterArgsCount", args_count as *const ());
    table.add("CommandFilterArgGet", arg_get as *const ());
    table.add("CommandFilterArgInsert", arg_insert as *const ());
    table.add("CommandFilterArgReplace", arg_replace as *const ());
    table.add("CommandFilterArgDelete", arg_delete as *const ());
    table.add("CommandFilterGetClientId", get_client_id as *const ());
}
