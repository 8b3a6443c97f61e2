//! Around a scripted core.

use super::*;
use crate::machine::script::Script;
use asterism_core::api::{Answer, Request};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// A home in a directory whose path is as long as asked for.
fn home(length: usize) -> (tempfile::TempDir, Home) {
    let directory = tempfile::tempdir().unwrap();
    let mut path = directory.path().join("home");
    while path.as_os_str().len() < length {
        path.push("a-directory-of-twenty");
    }
    let home = Home::new(path);
    drop(home.try_lock().unwrap().unwrap());
    (directory, home)
}

async fn check_served(home: &Home) {
    let client = Client::scripted(&Script::answering()).await;
    let _serving = HomeSocket::serve(home, client).unwrap();
    let caller = connect(home).await.unwrap();
    assert_eq!(caller.request(Request::Sync, LONG.into()).await, Ok(Answer::Done {}));
}

#[tokio::test]
async fn others_are_let_in() {
    let (_directory, home) = home(0);
    check_served(&home).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn others_are_let_in_to_a_home_with_a_long_path() {
    let (_directory, home) = home(300);
    check_served(&home).await;
}

#[tokio::test]
async fn a_socket_that_a_dead_process_left_is_replaced() {
    let (_directory, home) = home(0);
    drop(std::os::unix::net::UnixListener::bind(file(&home)).unwrap());
    assert!(connect(&home).await.is_err());
    check_served(&home).await;
}

#[tokio::test]
async fn when_serving_ends_the_file_is_gone() {
    let (_directory, home) = home(0);
    let client = Client::scripted(&Script::answering()).await;
    let serving = HomeSocket::serve(&home, client).unwrap();
    assert_eq!(file(&home).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    drop(serving);
    assert!(!file(&home).exists());
    assert!(connect(&home).await.is_err());
}
