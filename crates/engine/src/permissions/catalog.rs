//! The command table as rules see it.

use acl::{Catalog, CommandInfo};
use command_spec::category;

use crate::command::Command;
use crate::table::CommandTable;

impl Catalog for CommandTable {
    fn find(&self, full_name: &[u8]) -> Option<CommandInfo> {
        let full_name = full_name.to_ascii_lowercase();
        let is_it = |command: &Command| command.full_name.as_bytes() == full_name;
        if let Some(command) = self.get_full(&full_name).filter(|command| is_it(command)) {
            return Some(describe(&command));
        }
        // Rules name a command as it is called without rename-command.
        let mut renamed = None;
        self.for_each(|command| {
            if is_it(command) {
                renamed = Some(describe(command));
            }
        });
        renamed
    }

    fn category(&self, name: &[u8]) -> Option<u64> {
        let is_it = |known: &str| known.as_bytes().eq_ignore_ascii_case(name);
        let own = category::NAMES.iter().find(|(_, known)| is_it(known)).map(|(bit, _)| *bit);
        own.or_else(|| {
            self.module_categories.iter().find(|(_, known)| is_it(known)).map(|(bit, _)| *bit)
        })
    }

    fn visit(&self, visit: &mut dyn FnMut(u32, u64)) {
        self.for_each(|command| {
            // A container is called as one of its subcommands, which have their own categories.
            if !command.is_container() {
                visit(command.id, command.categories.get());
            }
        });
    }
}

fn describe(command: &Command) -> CommandInfo {
    CommandInfo {
        id: command.id,
        full_name: command.full_name.clone(),
        is_subcommand: command.parent.is_some(),
        subcommands: command.subcommands.borrow().values().map(|command| command.id).collect(),
    }
}
