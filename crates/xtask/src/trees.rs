//! Which packages a crate must not bring along, however deep: read from `cargo tree`, which resolves the features of
//! that crate alone.

/// One crate and what its dependency tree must not contain.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) krate: &'static str,
    /// As `cargo tree --edges` takes them.
    pub(crate) edges: &'static str,
    pub(crate) without: &'static str,
}

pub(crate) const RULES: &[Rule] = &[
    Rule { krate: "wire", edges: "normal", without: "tokio" },
    Rule { krate: "policy", edges: "normal", without: "tokio" },
    Rule { krate: "mls", edges: "normal", without: "tokio" },
    Rule { krate: "core", edges: "normal", without: "tokio" },
    Rule { krate: "server", edges: "normal,build,dev", without: "asterism-core" },
];

impl Rule {
    /// Lists the packages of the tree, one a line, for every platform.
    pub(crate) fn cargo_arguments(&self) -> String {
        let Self { krate, edges, .. } = self;
        format!("tree --locked -p asterism-{krate} -e {edges} --target all --prefix none --format {{p}}")
    }
}

/// A sentence when `tree`, the output of cargo with the rule's arguments, breaks the rule.
pub(crate) fn refused(rule: &Rule, tree: &str) -> Option<String> {
    let Rule { krate, edges, without } = rule;
    let is_the_package = |line: &str| line.split_whitespace().next() == Some(without);
    tree.lines().any(is_the_package).then(|| {
        format!(
            "{krate} must not bring {without} along \
             (see `cargo tree -p asterism-{krate} -e {edges} --target all -i {without}`)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORE: Rule = Rule { krate: "core", edges: "normal", without: "tokio" };

    #[test]
    fn a_package_anywhere_in_the_tree_is_found() {
        let tree = "asterism-core v0.1.0 (/a/crates/core)\nbytes v1.11.0\ntokio v1.52.0 (*)\n";
        assert!(
            refused(&CORE, tree).is_some_and(|sentence| sentence.starts_with("core must not bring tokio"))
        );
    }

    #[test]
    fn a_longer_name_is_another_package() {
        let tree = "asterism-core v0.1.0 (/a/tokio)\ntokio-util v0.7.0\n";
        assert_eq!(refused(&CORE, tree), None);
    }
}
