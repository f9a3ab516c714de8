//! MEMORY DOCTOR: what is wrong with the use of memory, if anything.

use command_spec::*;
use engine::*;

pub const MEMORY_DOCTOR: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "doctor",
        group: Group::Server,
        summary: "Explains problems with the use of memory in plain words.",
        since: "4.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: 0,
        categories: category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        ..CommandSpec::DEFAULT
    },
    doctor,
);

/// Below this nothing can be said.
const ENOUGH_BYTES: u64 = 5 << 20;

fn doctor(context: &mut Context<'_>) -> CommandResult {
    let figures = context.state.memory_figures();
    let mut text = String::new();
    if figures.used < ENOUGH_BYTES {
        text.push_str(
            "There is too little data in this instance to say anything about its memory.\n",
        );
        context.reply.verbatim("txt", text.as_bytes());
        return Ok(());
    }
    if figures.peak as f64 > figures.used as f64 * 1.5 {
        text.push_str("- Peak: at some time much more memory was in use than now. The allocator may keep it for later; MEMORY PURGE asks it to give pages back.\n");
    }
    if figures.fragmentation() > 1.4 && figures.resident > figures.used + (10 << 20) {
        text.push_str("- Fragmentation: the process takes much more memory than is in use.\n");
    }
    if figures.allocator_fragmentation() > 1.1
        && figures.allocator.active > figures.allocator.allocated + (10 << 20)
    {
        text.push_str("- Allocator: live data is spread thinly over its pages.\n");
    }
    let clients = context.state.clients.connected().max(1) as u64;
    if figures.clients_normal / clients > 200 * 1024 {
        text.push_str("- Clients: their buffers take more than 200 KB each on average; CLIENT LIST shows whose.\n");
    }
    if text.is_empty() {
        text.push_str("All well: nothing to complain of in the use of memory.\n");
    } else {
        text.insert_str(0, "What stands out in the use of memory:\n\n");
    }
    context.reply.verbatim("txt", text.as_bytes());
    Ok(())
}
