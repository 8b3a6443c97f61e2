//! Embeds the built page, when there is one: `web/dist` becomes a table of files. Without it the server is built all
//! the same, and serves a short text in the page's place.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../web/dist");
    // A path that is missing would make cargo run this each time. Whoever builds the page touches its index.
    let watched = if root.is_dir() { root.clone() } else { root.join("../index.html") };
    println!("cargo::rerun-if-changed={}", watched.display());
    let mut paths = Vec::new();
    if root.join("index.html").is_file() {
        collect(&root, &mut paths)?;
    }
    paths.sort();
    let mut table = String::from("pub(super) static FILES: &[File] = &[\n");
    for path in paths.iter().filter(|path| path.extension().is_none_or(|e| e != "br")) {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&root).expect("collected below the root").to_str().expect("UTF-8 names");
        let content = path.canonicalize()?;
        let packed = PathBuf::from(format!("{}.br", path.display()));
        let brotli = if packed.is_file() {
            format!("Some(include_bytes!({:?}))", packed.canonicalize()?)
        } else {
            "None".to_owned()
        };
        let line = format!(
            "    File {{ path: {:?}, content: include_bytes!({content:?}), brotli: {brotli} }},\n",
            format!("/{name}")
        );
        table.push_str(&line);
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo")).join("page.rs");
    fs::write(out, table)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, paths)? } else { paths.push(path) }
    }
    Ok(())
}
