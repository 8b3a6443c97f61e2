//! A server and people with homes, all in one directory that goes with the test.

use crate::process::{Said, Staying, asterism, run, run_with_input};
use crate::server::Server;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) server: Server,
    directory: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Server::start)
    }

    /// Its server can be killed and come back.
    pub(crate) fn with_mortal_server() -> Self {
        Self::with(Server::start_to_come_back)
    }

    /// Its server logs everything that it can, and compresses nothing.
    pub(crate) fn with_loud_server() -> Self {
        Self::with(Server::start_loudly)
    }

    fn with(start: fn(&Path) -> Server) -> Self {
        let directory = tempfile::tempdir().expect("there is a temporary directory");
        Self { server: start(&directory.path().join("server")), directory }
    }

    /// A directory for a device that does not exist yet.
    pub(crate) fn home(&self, name: &str) -> Person {
        Person { home: self.directory.path().join(name), url: self.server.url.clone() }
    }

    /// Somebody who has an account. Their name is the handle with a capital.
    pub(crate) fn person(&self, handle: &str) -> Person {
        let person = self.home(handle);
        let name: String = handle[..1].to_uppercase() + &handle[1..];
        person.register(handle, &name).succeeded();
        person
    }

    /// The same, who takes another address for the server's.
    pub(crate) fn person_by(&self, handle: &str, url: &str) -> Person {
        let person = Person { url: url.to_owned(), ..self.home(handle) };
        person.register(handle, handle).succeeded();
        person
    }

    pub(crate) fn people<const N: usize>(&self, handles: [&str; N]) -> [Person; N] {
        handles.map(|handle| self.person(handle))
    }

    /// People who are in a group that the first one made, and the group's id.
    pub(crate) fn group<const N: usize>(&self, handles: [&str; N]) -> ([Person; N], String) {
        let people = self.people(handles);
        let group = people[0].create_group("Chess");
        if N > 1 {
            let others: Vec<String> = handles[1..].iter().map(|handle| format!("@{handle}")).collect();
            let add: Vec<&str> =
                ["group", "add", &group].into_iter().chain(others.iter().map(String::as_str)).collect();
            people[0].done(&add);
        }
        (people, group)
    }
}

/// A device.
pub(crate) struct Person {
    pub(crate) home: PathBuf,
    url: String,
}

impl Person {
    /// The process, with answers for scripts.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = asterism(&self.home, arguments);
        command.arg("--json");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        // Only what comes after `--` may look like an argument and not be one.
        let at = arguments.iter().position(|argument| *argument == "--").unwrap_or(arguments.len());
        let arguments: Vec<&str> = arguments[..at]
            .iter()
            .copied()
            .chain(["--json"])
            .chain(arguments[at..].iter().copied())
            .collect();
        run(&mut asterism(&self.home, &arguments))
    }

    /// As people see it.
    pub(crate) fn plain(&self, arguments: &[&str]) -> Said {
        run(&mut asterism(&self.home, arguments))
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Said {
        run_with_input(&mut self.command(arguments), input)
    }

    pub(crate) fn stay(&self, arguments: &[&str]) -> Staying {
        Staying::start(&mut self.command(arguments))
    }

    /// Succeeds with one object.
    pub(crate) fn object(&self, arguments: &[&str]) -> Value {
        self.run(arguments).succeeded().object()
    }

    /// Succeeds with a field of one object.
    pub(crate) fn field(&self, arguments: &[&str], field: &str) -> String {
        let object = self.object(arguments);
        object[field].as_str().unwrap_or_else(|| panic!("no {field}: {object}")).to_owned()
    }

    /// Succeeds with a list.
    pub(crate) fn list(&self, arguments: &[&str]) -> Vec<Value> {
        self.run(arguments).succeeded().lines()
    }

    /// Succeeds with nothing to tell.
    pub(crate) fn done(&self, arguments: &[&str]) {
        assert_eq!(self.run(arguments).succeeded().stdout, "{}\n");
    }

    /// Fails; gives the code.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        self.run(arguments).error(1)
    }

    pub(crate) fn register(&self, handle: &str, name: &str) -> Said {
        self.run(&["register", "--server", &self.url, "--handle", handle, "--name", name])
    }

    pub(crate) fn recover(&self, handle: &str, key: &str) -> Said {
        self.run(&["recover", "--server", &self.url, "--handle", handle, "--recovery-key", key])
    }

    pub(crate) fn create_group(&self, name: &str) -> String {
        self.field(&["group", "create", name], "group")
    }

    /// Sends a text; gives the message's id.
    pub(crate) fn send(&self, target: &str, text: &str) -> String {
        self.field(&["send", target, text], "message")
    }

    /// What a conversation holds, texts only.
    pub(crate) fn texts(&self, target: &str) -> Vec<String> {
        texts(&self.list(&["read", target]))
    }

    /// Handles of a group's members, in order.
    pub(crate) fn members(&self, group: &str) -> Vec<String> {
        let mut handles = fields(&self.list(&["group", "members", group]), "handle");
        handles.sort();
        handles
    }
}

pub(crate) fn texts(messages: &[Value]) -> Vec<String> {
    fields(messages, "text")
}

pub(crate) fn fields(objects: &[Value], field: &str) -> Vec<String> {
    let field = |object: &Value| object[field].as_str().unwrap_or_else(|| panic!("{object}")).to_owned();
    objects.iter().map(field).collect()
}
