//! Checks of the workspace's shape that the compiler does not make: `cargo run -p asterism-xtask -- TASK`.
//! Knows the crates by name alone and depends on none of them.

mod edges;
mod sizes;
mod trees;

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

const USAGE: &str = "usage: xtask TASK
  edges    refuse dependencies between the crates that the architecture does not allow
  sizes    list the ten largest source files";

fn main() -> ExitCode {
    let task = std::env::args().nth(1).unwrap_or_default();
    let outcome = match task.as_str() {
        "edges" => edges(),
        "sizes" => sizes(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(report) => {
            print(&report);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("xtask {task}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout, reason = "the report is what the command is for")]
fn print(report: &str) {
    print!("{report}");
}

fn edges() -> Result<String> {
    let metadata = cargo("metadata --locked --no-deps --format-version 1")?;
    let crates = edges::read_crates(&serde_json::from_slice(&metadata)?)?;
    let mut refused = edges::refused(&crates);
    for rule in trees::RULES {
        let tree = cargo(&rule.cargo_arguments())?;
        refused.extend(trees::refused(rule, &String::from_utf8(tree)?));
    }
    if !refused.is_empty() {
        bail!("\n  {}", refused.join("\n  "));
    }
    Ok(format!("{} crates, no forbidden edge\n", crates.len()))
}

fn sizes() -> Result<String> {
    let root = workspace_root();
    let files = sizes::largest(&root.join("crates"), 10)?;
    let line = |(lines, path): &(usize, PathBuf)| {
        format!("{lines:6} {}\n", path.strip_prefix(&root).unwrap_or(path).display())
    };
    Ok(files.iter().map(line).collect())
}

fn cargo(arguments: &str) -> Result<Vec<u8>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments.split(' '))
        .current_dir(workspace_root())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo did not start")?;
    if !output.status.success() {
        bail!("`cargo {arguments}` failed");
    }
    Ok(output.stdout)
}

fn workspace_root() -> PathBuf {
    // Asked at run time, because build results are shared between checkouts.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
    manifest.ancestors().nth(2).unwrap_or(&manifest).to_owned()
}
