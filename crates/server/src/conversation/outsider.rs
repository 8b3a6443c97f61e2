//! By which link does a commit enter? Read before the commit can be judged, because who names a live link may
//! learn that the commit is late, and nobody else outside may.

use asterism_wire::{entry::AuthenticatedData, ids::TicketId};
use prost::Message as _;

/// The version and wire format of a PublicMessage (RFC 9420 §6).
const PUBLIC_MESSAGE: [u8; 4] = [0, 1, 0, 1];

/// The ticket that a commit's authenticated data names. Nothing of it is checked.
pub(super) fn ticket_of(commit: &[u8]) -> Option<TicketId> {
    let mut at = commit.strip_prefix(&PUBLIC_MESSAGE)?;
    take_vector(&mut at)?; // group id
    take(&mut at, 8)?; // epoch
    match take(&mut at, 1)? {
        [1 | 2] => {
            take(&mut at, 4)?; // a member's or an external sender's index
        }
        [3 | 4] => {}
        _ => return None,
    }
    let data = AuthenticatedData::decode(take_vector(&mut at)?).ok()?;
    TicketId::try_from(data.entry_proof?.ticket).ok()
}

fn take<'a>(at: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = at.split_at_checked(len)?;
    *at = rest;
    Some(taken)
}

/// A vector with a length of variable size (RFC 9420 §2.1.2).
fn take_vector<'a>(at: &mut &'a [u8]) -> Option<&'a [u8]> {
    let first = *at.first()?;
    let len_bytes = match first >> 6 {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => return None,
    };
    let mut len = 0usize;
    for (index, byte) in take(at, len_bytes)?.iter().enumerate() {
        let byte = if index == 0 { byte & 0x3F } else { *byte };
        len = (len << 8) | usize::from(byte);
    }
    take(at, len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use asterism_wire::entry::EntryProof;

    fn vector(bytes: &[u8]) -> Vec<u8> {
        let len = u16::try_from(bytes.len()).expect("a short vector");
        [&(0x4000 | len).to_be_bytes(), bytes].concat()
    }

    fn commit(ticket: &[u8]) -> Vec<u8> {
        let proof = EntryProof { ticket: ticket.to_vec(), signature: vec![1; 64] };
        let data = AuthenticatedData { entry_proof: Some(proof), ..AuthenticatedData::default() };
        let parts = [&PUBLIC_MESSAGE[..], &vector(&[9; 20]), &[0; 8], &[4], &vector(&data.encode_to_vec())];
        parts.concat()
    }

    #[test]
    fn the_ticket_is_found_and_cut_short_bytes_are_nothing() {
        let whole = commit(&[7; 16]);
        assert_eq!(ticket_of(&whole), Some(TicketId([7; 16])));
        assert_eq!(ticket_of(&commit(b"")), None);
        for len in 0..whole.len() {
            assert_eq!(ticket_of(&whole[..len]), None);
        }
    }
}
