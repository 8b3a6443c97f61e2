//! Dishonest members and joiners among honest devices, with an honest server (docs/protocol.md §4.6).
//!
//! | case | what the dishonest one does | what comes of it |
//! |---|---|---|
//! | `no-secret` | knows a link's ticket, not its secret | the server gives it no join info and takes no commit of it |
//! | `other-psk` | enters by a link with another pre-shared key; the server cannot see it | members refuse, the server voids |
//! | `confirmation-tag`, `path-secrets`, `no-path-secrets`, `short-kem-outputs`, `short-path`, `membership-tag`, `signature` | commits with this flaw | refused by the server, or by members and then voided |
//! | `false-refusal` | refuses a commit in which nothing is wrong | others confirm, nothing is voided, the liar re-enters |
//! | `false-receipt` | confirms a commit with another epoch authenticator | the others are told (`receipt_differs`) and go on |
//! | `void-after-restart` | as `confirmation-tag`, and server and clients restart before the void | the void comes all the same |
//! | `joiner-in-dead-epoch` | as `confirmation-tag`, and an honest person is let in upon it | enters again after the void |
//! | `accomplice` | commits with a wrong confirmation tag, which somebody else confirms | voided when others outweigh the two; else who refused it re-enters, at once and as often as it happens |
//! | `void-behind-refusal` | commits what is flawed for one who is away, and then what is flawed for all | the second is voided; who was away refuses the first, skips the second, and re-enters |
//! | `churn` | three enter anew as themselves without end, on a fast line | others send, and an admin removes them, within seconds |
//! | `old-statement` | says something false of a position that the server has forgotten and members have not | not taken |
//! | `expelled-refuses` | is removed, and refuses the commit before | not heard |
//! | `late-refusal` | refuses a commit on which newcomers by a link have built while nobody else was there | within a day voided: the newcomers come in anew and say everything again; later not heard |
//! | `voided-ground` | likewise, under somebody who has recovered | comes in anew |
//! | `held-up` | two take turns to make commits and refuse them at the last moment | an admin removes them within seconds |
//! | `spoiled-link` | adds a link to whose key nothing can be sealed, so that no commit could give the vault a new key | the server does not take it; people are removed as ever |
//!
//! Likewise in [`community`]. And somebody who refuses what is right while nobody is there to contradict ([`run_lone`]): it is undone, offered
//! again, and after four times its asker is told.
//!
//! Afterwards the honest devices have equal rosters, epoch authenticators and views; everything that was
//! acknowledged, in a dead epoch too, is shown once; nobody is stopped; and each of them can send within seconds.

mod accomplice;
mod behind;
mod case;
mod churn;
pub mod community;
mod crowd;
mod held_up;
mod late;
mod lone;
mod replayed;
mod spoiled;
mod story;
mod watch;

pub use case::{CASES, Case};
pub use lone::{Undone, run_lone};
pub use replayed::replayed_demotion;
pub use story::run;
