//! What MODULE LIST and INFO tell of the modules that are loaded.

use std::sync::Arc;

use engine::Context;

use crate::host::modules;
use crate::module::Module;
use crate::origin::Origin;

/// MODULE LIST, written as reply.
pub fn list(context: &mut Context<'_>) {
    let modules = modules();
    context.reply.array(modules.len());
    for module in &modules {
        context.reply.map(if module.origin.is_some() { 8 } else { 4 });
        context.reply.bulk(b"name");
        context.reply.bulk(module.name.borrow().as_bytes());
        context.reply.bulk(b"ver");
        context.reply.integer(i64::from(module.version.get()));
        context.reply.bulk(b"path");
        context.reply.bulk(module.path.as_bytes());
        context.reply.bulk(b"args");
        let arguments = module.argv.borrow();
        context.reply.array(arguments.len());
        for argument in arguments.iter() {
            context.reply.bulk(argument);
        }
        if let Some(origin) = &module.origin {
            list_origin(context, origin);
        }
    }
}

/// The lines of INFO modules.
pub fn info_lines() -> String {
    modules().iter().map(|module| info_line(module)).collect()
}

/// The sections that modules add to INFO; none wanted: all.
pub fn info_sections(wanted: &[String]) -> String {
    let mut text = String::new();
    modulesCollectInfo(&modules(), wanted, &mut text);
    text
}

/// What MODULE LIST tells beyond what Redis does.
fn list_origin(context: &mut Context<'_>, origin: &Origin) {
    context.reply.bulk(b"sha256");
    context.reply.bulk(origin.digest.as_bytes());
    context.reply.bulk(b"build-id");
    match &origin.build_id {
        Some(build_id) => context.reply.bulk(build_id.as_bytes()),
        None => context.reply.null(),
    }
    context.reply.bulk(b"loaded-at");
    context.reply.integer(origin.loaded_at_s);
    context.reply.bulk(b"api-functions");
    context.reply.array(origin.functions.len());
    for name in &origin.functions {
        context.reply.bulk(name.as_bytes());
    }
}

/// Asks each module for its sections. A crash inside is looked for in stack traces by this name.
#[allow(
    non_snake_case,
    reason = "the name is the one that readers of Redis's stack traces look for"
)]
#[inline(never)]
fn modulesCollectInfo(modules: &[Arc<Module>], wanted: &[String], text: &mut String) {
    for module in modules {
        let Some(function) = module.info_func.get() else { continue };
        let sections = crate::info::sections_of(module, function, wanted, false);
        if !sections.is_empty() {
            if !text.is_empty() {
                text.push_str("\r\n");
            }
            text.push_str(&sections);
        }
    }
}

fn info_line(module: &Module) -> String {
    let named = crate::report::option_names(module);
    let used_by: Vec<String> = modules()
        .iter()
        .filter(|other| other.using.borrow().contains(&module.name()))
        .map(|other| other.name())
        .collect();
    let origin = module.origin.as_ref().map_or_else(String::new, |origin| {
        format!(
            ",sha256={},build_id={},loaded_at={},api_functions={}",
            origin.digest,
            origin.build_id.as_deref().unwrap_or(""),
            origin.loaded_at_s,
            origin.functions.len(),
        )
    });
    format!(
        "module:name={},ver={},api={},filters={},usedby=[{}],using=[{}],options=[{}]{origin}\r\n",
        module.name(),
        module.version.get(),
        module.api_version.get(),
        module.filters.borrow().len(),
        used_by.join("|"),
        module.using.borrow().join("|"),
        named.join("|"),
    )
}
