//! ACL CAT: the categories, or the commands of one.

use command_spec::*;
use engine::*;

use ::acl::Catalog;

use crate::help::wrong_subcommand;

pub const ACL_CAT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "cat",
        group: Group::Server,
        summary: "Lists categories, or the commands of one.",
        since: "6.0.0",
        complexity: "O(1) since the categories and commands are a fixed set.",
        arity: -2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::SLOW,
        arguments: &[Argument::string("category").optional()],
        ..CommandSpec::DEFAULT
    },
    cat,
);

fn cat(context: &mut Context<'_>) -> CommandResult {
    let name = match context.argv {
        [_, _] => return list_categories(context),
        [_, _, name] => *name,
        _ => return Err(wrong_subcommand("ACL", context.argv[1])),
    };
    let table = &context.state.table;
    let Some(bit) = table.category(name) else {
        return Err(CommandError::err([b"Unknown category '", name, b"'"].concat()));
    };
    let mut names = Vec::new();
    table.for_each(|command| {
        // A container has no category of its own but by its subcommands.
        if command.categories.get() & bit != 0 && !command.is_container() {
            names.push(command.full_name.clone());
        }
    });
    context.reply.array(names.len());
    for name in names {
        context.reply.bulk(name.as_bytes());
    }
    Ok(())
}

fn list_categories(context: &mut Context<'_>) -> CommandResult {
    let added = &context.state.table.module_categories;
    context.reply.array(category::NAMES.len() + added.len());
    for (_, name) in category::NAMES {
        context.reply.bulk(name.as_bytes());
    }
    for (_, name) in added {
        context.reply.bulk(name.as_bytes());
    }
    Ok(())
}
