//! Reports, field by field: multipart/report (RFC 6522) and what it carries.
//!
//! ```text
//!  multipart/report; report-type=delivery-status
//!   ├─ text/plain                   for people
//!   ├─ message/delivery-status      for programs: DeliveryStatus
//!   └─ message/rfc822               what it is about: returned()
//! ```
//!
//! [`crate::kind`] says what a message is; this module says what a report holds. Fields are read as they stand, in
//! UTF-8, encoded words decoded; each has a name of its own, extensions are reachable by [`DeliveryStatus::field`] and
//! its kin. At most 1,000 groups of fields are read, and 10,000 fields a group.

mod delivery;
mod disposition;
mod feedback;
mod group;

pub use delivery::{Action, DeliveryStatus, RecipientStatus};
pub use disposition::{DispositionNotification, Outcome};
pub use feedback::{FeedbackReport, FeedbackType};
pub use group::Typed;

use crate::message::{Message, Part};

/// The machine-readable part of a report.
///
/// ```
/// use inreply_mime::{Message, report::{Action, Report}};
///
/// let raw = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
///     --b\n\nSorry.\n\
///     --b\nContent-Type: message/delivery-status\n\n\
///     Reporting-MTA: dns; mx.example.net\n\n\
///     Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\n\
///     --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@example.com>\n\
///     --b--\n";
/// let message = Message::parse(raw);
/// let Some(Report::Delivery(status)) = Report::of(&message) else { panic!() };
/// assert_eq!(status.reporting_mta().unwrap().value(), "mx.example.net");
/// let bob = &status.recipients()[0];
/// assert_eq!((bob.action(), bob.status()), (Action::Failed, Some("5.1.1")));
/// let returned = inreply_mime::report::returned(&message).unwrap();
/// assert_eq!(returned.message_id().as_deref(), Some("1@example.com"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Report {
    /// message/delivery-status (RFC 3464).
    Delivery(DeliveryStatus),
    /// message/disposition-notification (RFC 8098).
    Disposition(DispositionNotification),
    /// message/feedback-report (RFC 5965).
    Feedback(FeedbackReport),
}

impl Report {
    /// Reads the first report that is the message's own: what a forwarded report holds is somebody else's.
    pub fn of(message: &Message<'_>) -> Option<Self> {
        message
            .parts()
            .filter(|part| part.depth() <= OWN_DEPTH)
            .find_map(|part| Self::of_part(&part))
    }

    fn of_part(part: &Part<'_>) -> Option<Self> {
        if part.is("message/feedback-report") {
            return Some(Self::Feedback(FeedbackReport::parse(&part.body())));
        }
        // RFC 6533 §5 and §6: the same with addresses in UTF-8.
        if part.is("message/disposition-notification")
            || part.is("message/global-disposition-notification")
        {
            let report = DispositionNotification::parse(&part.body());
            return Some(Self::Disposition(report));
        }
        if part.is("message/delivery-status") || part.is("message/global-delivery-status") {
            return Some(Self::Delivery(DeliveryStatus::parse(&part.body())));
        }
        None
    }
}

/// The message a report is about, or its header: the last part that holds one (RFC 6522 §3).
pub fn returned<'m>(message: &'m Message<'_>) -> Option<Message<'m>> {
    (1..message.parts().count())
        .rev()
        .find_map(|number| message.part(number)?.message())
}

/// Some systems wrap the report in a multipart/mixed, to add a disclaimer.
const OWN_DEPTH: usize = 2;
