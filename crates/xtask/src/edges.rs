//! Which crate may depend on which, and whether the manifests keep to it. Reads manifests as cargo reports them,
//! so that optional, renamed and target-specific dependencies count too.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// `(a, b)`: `b` may depend on `a`, and on everything that `a` may depend on. No other edge is allowed.
const ARROWS: &[(&str, &str)] = &[
    ("wire", "policy"),
    ("policy", "mls"),
    ("mls", "core"),
    ("core", "client"),
    ("client", "cli"),
    ("core", "wasm"),
    ("wire", "store"),
    ("wire", "sfu"),
    ("mls", "server"),
    ("store", "server"),
    ("sfu", "server"),
];

/// These look at the whole system and may depend on every crate.
const DEPEND_ON_ALL: &[&str] = &["sim", "bench"];

/// These stand apart from every other crate.
const DEPEND_ON_NONE: &[&str] = &["xtask"];

/// The workspace's own dependencies of one crate, by folder name.
#[derive(Debug, Default)]
pub(crate) struct Dependencies {
    /// Needed to build the crate, its build script included.
    build: BTreeSet<String>,
    /// Needed to test it only.
    dev: BTreeSet<String>,
}

/// The crates of the workspace, by folder name.
pub(crate) type Crates = BTreeMap<String, Dependencies>;

/// Takes the output of `cargo metadata --no-deps`.
pub(crate) fn read_crates(metadata: &Value) -> Result<Crates> {
    let packages = metadata["packages"].as_array().context("metadata without packages")?;
    let mut crates = Crates::new();
    for package in packages {
        let package_name = package["name"].as_str().context("a package without a name")?;
        let declared = package["dependencies"].as_array().context("a package without dependencies")?;
        let mut dependencies = Dependencies::default();
        for dependency in declared {
            let name = dependency["name"].as_str().context("a dependency without a name")?;
            let Some(name) = folder(name) else { continue };
            let of_kind = match dependency["kind"].as_str() {
                Some("dev") => &mut dependencies.dev,
                _ => &mut dependencies.build,
            };
            of_kind.insert(name.to_owned());
        }
        let name = folder(package_name).unwrap_or(package_name);
        crates.insert(name.to_owned(), dependencies);
    }
    Ok(crates)
}

/// One sentence for each edge that the architecture does not allow.
pub(crate) fn refused(crates: &Crates) -> Vec<String> {
    let mut sentences = Vec::new();
    for (name, dependencies) in crates {
        if !is_known(name) {
            sentences.push(format!("{name} has no place in the architecture (crates/xtask/src/edges.rs)"));
        }
        for on in dependencies.build.iter().filter(|on| !may_depend(name, on)) {
            sentences.push(format!("{name} must not depend on {on}"));
        }
    }
    if let Some(path) = path_from_server_to_core(crates) {
        sentences.push(format!("server must not link core, not even in its tests ({path})"));
    }
    sentences
}

fn folder(package: &str) -> Option<&str> {
    package.strip_prefix("asterism-")
}

fn is_known(name: &str) -> bool {
    DEPEND_ON_ALL.contains(&name)
        || DEPEND_ON_NONE.contains(&name)
        || ARROWS.iter().any(|(from, to)| *from == name || *to == name)
}

fn may_depend(name: &str, on: &str) -> bool {
    DEPEND_ON_ALL.contains(&name)
        || ARROWS.iter().any(|(from, to)| *to == name && (*from == on || may_depend(from, on)))
}

/// A chain of dependencies, the first of which may be one of the server's tests.
fn path_from_server_to_core(crates: &Crates) -> Option<String> {
    let server = crates.get("server")?;
    let mut seen = BTreeSet::new();
    let mut paths: Vec<Vec<&str>> =
        server.build.iter().chain(&server.dev).map(|first| vec!["server", first]).collect();
    while let Some(path) = paths.pop() {
        let last = *path.last()?;
        if last == "core" {
            return Some(path.join(" → "));
        }
        if !seen.insert(last) {
            continue;
        }
        for next in crates.get(last).into_iter().flat_map(|dependencies| &dependencies.build) {
            paths.push([&path[..], &[next]].concat());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Each line is `crate: dependency…`, a dependency of the tests in brackets; gives what is refused.
    fn check(manifests: &str) -> Vec<String> {
        let packages: Vec<Value> = manifests
            .lines()
            .map(|line| line.trim().split_once(':').expect("a line is `crate: dependency…`"))
            .map(|(name, dependencies)| {
                let dependencies: Vec<Value> = dependencies.split_whitespace().map(dependency).collect();
                json!({ "name": format!("asterism-{name}"), "dependencies": dependencies })
            })
            .collect();
        refused(&read_crates(&json!({ "packages": packages })).expect("the metadata is well-formed"))
    }

    fn dependency(word: &str) -> Value {
        match word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
            Some(name) => json!({ "name": format!("asterism-{name}"), "kind": "dev" }),
            None => json!({ "name": format!("asterism-{word}"), "kind": null }),
        }
    }

    /// Every crate and all that it may depend on.
    const ARCHITECTURE: &str = "wire:
        policy: wire
        mls: wire policy
        core: wire policy mls
        client: wire policy mls core
        wasm: wire policy mls core
        cli: wire policy mls core client
        store: wire
        sfu: wire
        server: wire policy mls store sfu
        xtask:";

    #[test]
    fn the_architecture_is_allowed() {
        assert_eq!(check(ARCHITECTURE), [""; 0]);
        assert_eq!(check("sim: wire core client server cli\nbench: server cli"), [""; 0]);
    }

    #[test]
    fn nothing_but_the_architecture_is_allowed() {
        let crates: Vec<(&str, &str)> = ARCHITECTURE
            .lines()
            .map(|line| line.trim().split_once(':').expect("a line is `crate: dependency…`"))
            .collect();
        for (name, allowed) in &crates {
            for (on, _) in &crates {
                let allowed = allowed.split_whitespace().any(|word| word == *on);
                assert_eq!(may_depend(name, on), allowed, "{name} on {on}");
            }
            assert!(!may_depend(name, "sim"), "{name} on sim");
        }
    }

    #[test]
    fn an_edge_against_the_arrows_is_refused() {
        assert_eq!(check("wire: policy"), ["wire must not depend on policy"]);
        assert_eq!(check("core: client"), ["core must not depend on client"]);
        assert_eq!(check("store: mls"), ["store must not depend on mls"]);
        assert_eq!(check("core: store"), ["core must not depend on store"]);
        assert_eq!(check("client: server"), ["client must not depend on server"]);
        assert_eq!(check("cli: sim"), ["cli must not depend on sim"]);
    }

    #[test]
    fn a_crate_never_depends_on_itself_or_on_one_outside_the_architecture() {
        assert_eq!(check("wire: wire"), ["wire must not depend on wire"]);
        assert_eq!(check("wire: common"), ["wire must not depend on common"]);
        assert_eq!(check("common:"), ["common has no place in the architecture (crates/xtask/src/edges.rs)"]);
    }

    #[test]
    fn xtask_depends_on_no_crate() {
        assert_eq!(check("xtask: wire"), ["xtask must not depend on wire"]);
    }

    #[test]
    fn build_scripts_count_as_the_crate() {
        let metadata = json!({ "packages": [{
            "name": "asterism-wire",
            "dependencies": [{ "name": "asterism-core", "kind": "build", "optional": true }],
        }] });
        let crates = read_crates(&metadata).expect("the metadata is well-formed");
        assert_eq!(refused(&crates), ["wire must not depend on core"]);
    }

    #[test]
    fn tests_may_use_any_crate() {
        assert_eq!(check("mls: [core] [server]\ncli: [server]\nwire: [sim]"), [""; 0]);
    }

    #[test]
    fn tests_of_the_server_never_link_core() {
        assert_eq!(
            check("server: [core]"),
            ["server must not link core, not even in its tests (server → core)"]
        );
        assert_eq!(
            check("server: store [client]\nclient: core"),
            ["server must not link core, not even in its tests (server → client → core)"]
        );
        assert_eq!(check("server: store [wire]\nstore: [core]"), [""; 0]);
    }

    #[test]
    fn other_packages_are_not_edges() {
        let metadata = json!({ "packages": [{
            "name": "asterism-wire",
            "dependencies": [{ "name": "prost", "kind": null }, { "name": "tokio", "kind": "dev" }],
        }] });
        let crates = read_crates(&metadata).expect("the metadata is well-formed");
        assert_eq!(refused(&crates), [""; 0]);
    }
}
