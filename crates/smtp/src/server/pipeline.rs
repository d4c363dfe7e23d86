//! The replies that are owed, in the order of the commands.

use std::collections::VecDeque;
use std::time::Instant;

use super::event::CloseReason;
use crate::wire::reply::Reply;

/// What a command asked of the embedder; the reply to it changes the session when it leaves, not before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
    Auth,
    /// The first chunk of a message, whose octets follow its command.
    Chunk {
        octets: u64,
        last: bool,
    },
    /// The reply is the last word.
    Close(CloseReason),
    Data,
    EndOfData,
    Hello {
        extended: bool,
    },
    Mail,
    Rcpt,
    StartTls,
    Xclient,
}

#[derive(Debug)]
struct Slot {
    number: u64,
    asked: Asked,
    state: State,
}

#[derive(Debug)]
enum State {
    Open { deadline: Instant },
    Answered(Reply),
}

/// A queue of replies of which some wait for the embedder.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    slots: VecDeque<Slot>,
    last_number: u64,
}

impl Pipeline {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// RCPT commands whose replies have not left.
    pub(super) fn recipients(&self) -> usize {
        self.slots.iter().filter(|slot| slot.asked == Asked::Rcpt).count()
    }

    /// Owes a reply that is known.
    pub(super) fn push(&mut self, reply: Reply) {
        self.push_for(Asked::Nothing, reply);
    }

    /// Owes a reply that is known and decides something when it leaves.
    pub(super) fn push_for(&mut self, asked: Asked, reply: Reply) {
        self.slots.push_back(Slot {
            number: 0,
            asked,
            state: State::Answered(reply),
        });
    }

    /// Owes a reply that the embedder decides; gives the number of its ticket.
    pub(super) fn ask(&mut self, asked: Asked, deadline: Instant) -> u64 {
        self.last_number += 1;
        self.slots.push_back(Slot {
            number: self.last_number,
            asked,
            state: State::Open { deadline },
        });
        self.last_number
    }

    /// What the ticket `number` was about, none where it is answered.
    pub(super) fn asked(&self, number: u64) -> Option<Asked> {
        let slot = self.slots.iter().find(|slot| slot.number == number)?;
        matches!(slot.state, State::Open { .. }).then_some(slot.asked)
    }

    pub(super) fn answer(&mut self, number: u64, reply: Reply) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.number == number) {
            slot.state = State::Answered(reply);
        }
    }

    /// Answers every slot whose deadline has come; whether there was one.
    pub(super) fn expire(&mut self, now: Instant, reply: &Reply) -> bool {
        let mut expired = false;
        for slot in &mut self.slots {
            if matches!(slot.state, State::Open { deadline } if deadline <= now) {
                slot.state = State::Answered(reply.clone());
                expired = true;
            }
        }
        expired
    }

    /// Whether the embedder still has a message to decide.
    pub(super) fn waits_for_verdict(&self) -> bool {
        self.waits_for(|asked| *asked == Asked::EndOfData)
    }

    /// Whether the meaning of the next octets depends on an answer that is not there.
    pub(super) fn blocks_input(&self) -> bool {
        self.waits_for(|asked| {
            matches!(
                asked,
                Asked::Auth | Asked::Chunk { .. } | Asked::EndOfData | Asked::Xclient
            )
        })
    }

    fn waits_for(&self, is: impl Fn(&Asked) -> bool) -> bool {
        self.slots
            .iter()
            .any(|slot| is(&slot.asked) && matches!(slot.state, State::Open { .. }))
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.slots
            .iter()
            .filter_map(|slot| match slot.state {
                State::Open { deadline } => Some(deadline),
                State::Answered(_) => None,
            })
            .min()
    }

    /// Takes the next reply that may leave.
    pub(super) fn pop(&mut self) -> Option<(Asked, Reply)> {
        if matches!(self.slots.front()?.state, State::Open { .. }) {
            return None;
        }
        match self.slots.pop_front()? {
            Slot {
                asked,
                state: State::Answered(reply),
                ..
            } => Some((asked, reply)),
            Slot {
                state: State::Open { .. },
                ..
            } => None,
        }
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }
}
