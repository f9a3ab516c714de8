//! BACKUP: container of the commands about backups; BACKUP ABORT, CLEANUP, HELP, LIST, SEAL, START, STATUS.

use command_spec::*;
use engine::*;

/// What a subcommand that works on files has in common with the others.
const WORKS: CommandSpec = CommandSpec {
    group: Group::Server,
    since: "8.10.0",
    complexity: "O(1)",
    arity: 2,
    flags: flag::ADMIN | flag::NOSCRIPT,
    categories: category::ADMIN | category::DANGEROUS | category::SLOW,
    ..CommandSpec::DEFAULT
};

/// The same of one that tells something.
const TELLS: CommandSpec = CommandSpec { flags: flag::ADMIN | flag::STALE, ..WORKS };

pub const BACKUP_ABORT: BuiltIn = BuiltIn::new(
    CommandSpec { name: "abort", summary: "Gives up a backup that is not sealed yet.", ..WORKS },
    |context| {
        context.state.abort_backup()?;
        context.reply.ok();
        Ok(())
    },
);

pub const BACKUP_CLEANUP: BuiltIn = BuiltIn::new(
    CommandSpec { name: "cleanup", summary: "Removes the files of a backup.", ..WORKS },
    |context| {
        context.state.clean_up_backup()?;
        context.reply.ok();
        Ok(())
    },
);

pub const BACKUP_HELP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "help",
        summary: "Lists the subcommands.",
        flags: flag::LOADING | flag::STALE,
        categories: category::SLOW,
        ..WORKS
    },
    help,
);

pub const BACKUP_LIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "list",
        summary: "Lists the files of a backup that change no more.",
        complexity: "O(N) where N is the number of files.",
        ..TELLS
    },
    list,
);

pub const BACKUP_SEAL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "seal",
        summary: "Ends a backup with what has been changed until now.",
        ..WORKS
    },
    |context| {
        context.state.seal_backup()?;
        context.reply.ok();
        Ok(())
    },
);

pub const BACKUP_START: BuiltIn = BuiltIn::new(
    CommandSpec { name: "start", summary: "Begins a backup of the dataset.", ..WORKS },
    |context| {
        context.state.start_backup()?;
        context.reply.ok();
        Ok(())
    },
);

pub const BACKUP_STATUS: BuiltIn = BuiltIn::new(
    CommandSpec { name: "status", summary: "Tells how far a backup has come.", ..TELLS },
    status,
);

pub const BACKUP: BuiltIn = BuiltIn::container(
    CommandSpec {
        name: "backup",
        summary: "Container of the commands about backups.",
        complexity: "Depends on subcommand.",
        flags: 0,
        categories: category::SLOW,
        ..WORKS
    },
    backup,
    &[
        &BACKUP_ABORT,
        &BACKUP_CLEANUP,
        &BACKUP_HELP,
        &BACKUP_LIST,
        &BACKUP_SEAL,
        &BACKUP_START,
        &BACKUP_STATUS,
    ],
);

fn backup(context: &mut Context<'_>) -> CommandResult {
    Err(error::wrong_arity(&context.command.full_name))
}

fn list(context: &mut Context<'_>) -> CommandResult {
    let paths = context.state.backup_paths();
    context.reply.array(paths.len());
    for path in &paths {
        context.reply.bulk(path);
    }
    Ok(())
}

fn status(context: &mut Context<'_>) -> CommandResult {
    let backup = &context.state.aof.backup;
    context.reply.map(4);
    context.reply.bulk(b"state");
    context.reply.bulk(backup.stage.name().as_bytes());
    context.reply.bulk(b"error");
    context.reply.bulk(backup.error.as_bytes());
    context.reply.bulk(b"start_time");
    context.reply.integer(backup.started_s);
    context.reply.bulk(b"end_time");
    context.reply.integer(backup.ended_s);
    Ok(())
}

fn help(context: &mut Context<'_>) -> CommandResult {
    crate::help::reply(
        context,
        &[
            "START",
            "    Begin a backup of the dataset in the directory 'backupdirname'.",
            "SEAL",
            "    End the backup with what has been changed until now, and list its files in a manifest.",
            "ABORT",
            "    Give up a backup that is not sealed yet.",
            "CLEANUP",
            "    Remove all files of the directory.",
            "STATUS",
            "    Tell how far the backup has come, why it has failed, and when it began and was sealed.",
            "LIST",
            "    List the files of the backup that change no more, by their absolute paths.",
        ],
    )
}
