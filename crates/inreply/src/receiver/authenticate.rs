//! Who wrote a message, before anybody decides about it.

use std::io;
use std::time::SystemTime;

use super::Receiver;
use super::writing::Arrived;
use crate::spool::{Drafting, Preamble};

impl<I, S> Receiver<I, S> {
    /// Looks at a message that has arrived where there is an authenticator: the preamble gets the verdicts, and the message
    /// loses the fields that claim to be them.
    ///
    /// # Errors
    /// Where it cannot be read.
    #[cfg(all(feature = "auth", feature = "dns"))]
    pub(super) async fn authenticate<D: Drafting>(
        &self,
        mut arrived: Arrived<D>,
        received_at: SystemTime,
        preamble: &mut Preamble,
    ) -> io::Result<Arrived<D>> {
        let Some(authenticator) = &self.authenticator else {
            return Ok(arrived);
        };
        let sender = preamble.reverse_path.mailbox();
        let hello = preamble.hello.to_string();
        let found = authenticator.authenticate(
            preamble.client,
            &hello,
            sender.map_or("", |mailbox| mailbox.as_str()),
            received_at,
            arrived.octets().await?,
        );
        let found = found.await?;
        preamble.verdicts = Some((authenticator.id().clone(), found.verdicts));
        // What was drafted already has neither: it is written anew.
        Ok(Arrived::InMemory(found.message))
    }

    /// Nobody looks.
    #[cfg(not(all(feature = "auth", feature = "dns")))]
    pub(super) async fn authenticate<D: Drafting>(
        &self,
        arrived: Arrived<D>,
        _: SystemTime,
        _: &mut Preamble,
    ) -> io::Result<Arrived<D>> {
        Ok(arrived)
    }
}
