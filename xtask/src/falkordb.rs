//! FalkorDB's own client on its module, in the genuine server and in ours: the same answers to each statement, at first and
//! after restarts from an RDB file and from an append-only file.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;
use testkit::{Client, Reply, ServerOptions, ServerProcess};

use crate::genuine::genuine;
use crate::{Result, cached, debian, exec, paths, pins, real_modules, serve};

const SESSION: &str = include_str!("falkordb/session.py");
const REQUIREMENTS: &str = include_str!("../pins/clients/falkordb.txt");

/// Statements there are at least, all parts counted.
const STATEMENTS_MIN: usize = 60;
/// How long a server may take to write a file.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Args)]
pub struct Options {
    /// Our server; built in release if not given.
    #[arg(long)]
    server: Option<PathBuf>,
}

/// What is needed beside a server.
struct Tools {
    module: PathBuf,
    /// The folder of Python's packages.
    packages: PathBuf,
    session: PathBuf,
}

/// What a server answered in one part of the session, a line per statement.
struct Part {
    name: &'static str,
    answers: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    compare_with(&serve::server(options.server.as_deref())?)
}

/// Compares the genuine server with this one.
pub fn compare_with(server: &Path) -> Result<()> {
    let genuine = genuine()?.server();
    let work = tempfile::tempdir()?;
    let tools = Tools {
        module: real_modules::falkordb()?,
        packages: packages()?,
        session: work.path().join("session.py"),
    };
    std::fs::write(&tools.session, SESSION)?;
    eprintln!("xtask: FalkorDB in the genuine server …");
    let theirs = play(&genuine, &tools)?;
    eprintln!("xtask: FalkorDB in ours …");
    let ours = play(server, &tools)?;
    let differences = compare(&theirs, &ours);
    let statements: usize = theirs.iter().map(|part| part.answers.len()).sum();
    if statements < STATEMENTS_MIN {
        return Err(format!("only {statements} statements were answered").into());
    }
    if differences.is_empty() {
        println!("{statements} answers in {} parts, all equal", theirs.len());
        return Ok(());
    }
    for difference in &differences {
        println!("{difference}");
    }
    Err(format!("{} of {statements} answers differ", differences.len()).into())
}

/// The client and what it needs, in a folder of the cache.
fn packages() -> Result<PathBuf> {
    let cache = paths::cache()?.join("clients");
    std::fs::create_dir_all(&cache)?;
    debian::require(&[("python3", "python3"), ("pip3", "python3-pip")])?;
    let tree = cache.join(format!("falkordb-{}", pins::FALKORDB_CLIENT_VERSION));
    cached::folder(&tree, |work| {
        let requirements = work.join("pinned.txt");
        std::fs::write(&requirements, REQUIREMENTS)?;
        let mut pip = Command::new("pip3");
        pip.args(["install", "--no-deps", "--require-hashes", "--requirement"]).arg(&requirements);
        pip.arg("--target").arg(work);
        let log = cache.join("falkordb.log");
        exec::run_logged(&mut pip, "fetching FalkorDB's client", &log, Duration::from_secs(300))
    })?;
    Ok(tree)
}

fn play(server: &Path, tools: &Tools) -> Result<Vec<Part>> {
    let directory = tempfile::tempdir()?;
    let module = tools.module.to_str().ok_or("the path of the module is no text")?;
    let options = ServerOptions::new(server)
        .directory(directory.path())
        .option("save", &[""])
        .option("loadmodule", &[module]);
    let mut parts = Vec::new();
    let mut part = |name, what, running: &ServerProcess| -> Result<()> {
        parts.push(Part { name, answers: answers(tools, running, what)? });
        Ok(())
    };

    let running = ServerProcess::start(&options)?;
    part("filling", "fill", &running)?;
    part("reading", "look", &running)?;
    done(&mut patient(&running)?, &["SAVE"])?;
    drop(running);

    let running = ServerProcess::start(&options)?;
    part("from RDB", "look", &running)?;
    let mut client = patient(&running)?;
    done(&mut client, &["CONFIG", "SET", "appendonly", "yes"])?;
    wait_for_rewrite(&mut client)?;
    drop(running);

    let running = ServerProcess::start(&options.option("appendonly", &["yes"]))?;
    part("from AOF", "look", &running)?;
    Ok(parts)
}

fn patient(server: &ServerProcess) -> Result<Client> {
    let mut client = server.client()?;
    client.set_timeout(PATIENCE);
    Ok(client)
}

fn done(client: &mut Client, words: &[&str]) -> Result<()> {
    let reply = client.command(words)?;
    if reply == Reply::Simple(b"OK".to_vec()) {
        return Ok(());
    }
    Err(format!("{}: {reply:?}", words.join(" ")).into())
}

fn wait_for_rewrite(client: &mut Client) -> Result<()> {
    let began = Instant::now();
    loop {
        let is_free = |field| -> Result<bool> { Ok(client.info("persistence", field)? == "0") };
        let mut fields =
            ["aof_rewrite_in_progress", "aof_rewrite_scheduled"].into_iter().map(is_free);
        if fields.try_fold(true, |all, free| free.map(|free| all && free))? {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err("the append-only file is not written in time".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn answers(tools: &Tools, server: &ServerProcess, part: &str) -> Result<Vec<String>> {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", &tools.packages).arg(&tools.session);
    let said = exec::output(python.arg(server.address().port().to_string()).arg(part))?;
    Ok(said.lines().map(str::to_owned).collect())
}

/// What the servers do not agree in.
fn compare(theirs: &[Part], ours: &[Part]) -> Vec<String> {
    let mut differences = Vec::new();
    for (theirs, ours) in theirs.iter().zip(ours) {
        let missing = "nothing".to_owned();
        for index in 0..theirs.answers.len().max(ours.answers.len()) {
            let [their, our] =
                [theirs, ours].map(|part| part.answers.get(index).unwrap_or(&missing));
            if their != our {
                let name = theirs.name;
                differences.push(format!("{name}\n  genuine: {their}\n  ours:    {our}"));
            }
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_or_is_not_there_is_told() {
        let part = |answers: &[&str]| {
            vec![Part {
                name: "reading",
                answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
            }]
        };
        assert!(compare(&part(&["a", "b"]), &part(&["a", "b"])).is_empty());
        assert_eq!(compare(&part(&["a", "b"]), &part(&["a", "c"])).len(), 1);
        assert_eq!(compare(&part(&["a", "b"]), &part(&["a"])).len(), 1);
        assert_eq!(compare(&part(&["a"]), &part(&["a", "b"])).len(), 1);
    }
}
