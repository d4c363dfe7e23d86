//! The mail that tests the settings.

use std::time::{SystemTime, UNIX_EPOCH};

use inreply_smtp::wire::mailbox::Mailbox;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;

use super::{ComposeError, in_a_labels, one_line, push_help};
use crate::site::Site;

/// A message that only shows that mail arrives: from the no-reply address, to one mailbox.
///
/// # Errors
/// Where it cannot be written.
pub fn test_message(
    site: &Site,
    to: &Mailbox<'static>,
    now: SystemTime,
) -> Result<Vec<u8>, ComposeError> {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let texts = site.texts();
    let mut body = texts.test_text(site);
    push_help(&mut body, site);
    let to = in_a_labels(to);
    let message = MessageBuilder::new()
        .message_id(format!("test/{}@{}", since.as_micros(), site.host()))
        .date(i64::try_from(since.as_secs()).unwrap_or_default())
        .from(Address::new_address(
            Some(site.host().as_str()),
            site.no_reply().as_str(),
        ))
        .to(Address::new_address(None::<&str>, to.as_str()))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .subject(one_line(&texts.test_subject(site)))
        .text_body(body.replace('\n', "\r\n") + "\r\n");
    Ok(message.write_to_vec()?)
}
