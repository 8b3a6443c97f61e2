//! A slice of the simulation; the long run is `cargo run --release -p asterism-sim -- --seeds 100`.

use asterism_sim::{Settings, run};

#[test]
fn seeds_without_faults_keep_every_promise() {
    let settings = Settings { faults: false, operations: 25, ..Settings::default() };
    for seed in 1..=3 {
        if let Err(violation) = run(seed, settings) {
            panic!("seed {seed}: {violation}");
        }
    }
}

#[test]
fn seeds_with_faults_keep_every_promise() {
    for seed in 1..=6 {
        if let Err(violation) = run(seed, Settings::default()) {
            panic!("seed {seed}: {violation}");
        }
    }
}
