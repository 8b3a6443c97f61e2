//! Synapse on SQLite, its default. A room without encryption; receivers wait in `/sync`.

mod rooms;
mod start;

use crate::{
    crowd,
    report::Figure,
    scenario::{
        fanout,
        send::{CONVERSATIONS_PER_PAIR, Outcome, Plan},
    },
};
use anyhow::Result;
use rooms::{MatrixRoom, User, message};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Rooms in `send`: making one takes it tens of milliseconds.
const ROOMS_MAX: u64 = 64;

/// `fanout` in a room.
pub(super) async fn fanout(plan: &fanout::Plan) -> Result<Vec<Figure>> {
    let mut room = MatrixRoom::open(start::start().await?, plan.devices).await?;
    fanout::measure(&mut room, plan).await
}

/// `send` in many rooms, one message under way in each. Nobody syncs: a message counts when the server has answered.
pub(super) async fn send(plan: &Plan) -> Result<Vec<Figure>> {
    let instance = start::start().await?;
    let address = instance.address;
    let count = (plan.pairs * CONVERSATIONS_PER_PAIR).min(ROOMS_MAX);
    let rooms = crowd::each(0..count, async |number| {
        let mut user = User::register(address, &format!("sender{number}")).await?;
        let room = user.create_room().await?;
        Ok((user, room))
    })
    .await?;

    let process = instance.process()?;
    let cpu_before = process.cpu()?;
    let begun = Instant::now();
    let until = begun + Duration::from_secs(plan.seconds);
    let mut sending = JoinSet::new();
    for (mut user, room) in rooms {
        sending.spawn(async move {
            let mut sent = 0_u64;
            while Instant::now() < until {
                user.http.ask("PUT", &room.send_path(sent), Some(&message())).await?;
                sent += 1;
            }
            anyhow::Ok(sent)
        });
    }
    let counts: Vec<u64> = sending.join_all().await.into_iter().collect::<Result<_>>()?;
    let (wall, cpu) = (begun.elapsed(), process.cpu()?.saturating_sub(cpu_before));
    Ok(Outcome { messages: counts.iter().sum(), wall, cpu }.alone())
}
