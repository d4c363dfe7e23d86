//! Feedback reports, or ARF (RFC 5965).

use super::group::{Group, Typed};

/// message/feedback-report: somebody's complaint about a message.
///
/// ```
/// use inreply_mime::report::{FeedbackReport, FeedbackType};
///
/// let report = FeedbackReport::parse(
///     b"Feedback-Type: abuse\n\
///       User-Agent: SomeGenerator/1.0\n\
///       Version: 1\n\
///       Original-Mail-From: <somespammer@example.net>\n\
///       Original-Rcpt-To: <user@example.com>\n\
///       Arrival-Date: Thu, 8 Mar 2005 14:00:00 EDT\n\
///       Reporting-MTA: dns; mail.example.com\n\
///       Source-IP: 192.0.2.1\n\
///       Reported-Domain: example.net\n\
///       Reported-Uri: http://example.net/earn_money.html\n",
/// );
/// assert_eq!(report.feedback_type(), FeedbackType::Abuse);
/// assert_eq!(report.original_mail_from(), Some("somespammer@example.net"));
/// assert_eq!(report.original_rcpt_to().collect::<Vec<_>>(), ["user@example.com"]);
/// assert_eq!(report.arrival_date(), Some(1_110_304_800));
/// assert_eq!((report.source_ip(), report.incidents()), (Some("192.0.2.1"), 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackReport {
    fields: Group,
}

impl FeedbackReport {
    /// Reads the decoded body of such a part.
    pub fn parse(body: &[u8]) -> Self {
        let fields = Group::all(body).into_iter().next().unwrap_or_default();
        Self { fields }
    }

    /// What the complaint is (§3.1).
    pub fn feedback_type(&self) -> FeedbackType {
        let word = self.fields.first("feedback-type").unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "abuse" => FeedbackType::Abuse,
            "auth-failure" => FeedbackType::AuthFailure,
            "fraud" => FeedbackType::Fraud,
            "not-spam" => FeedbackType::NotSpam,
            "virus" => FeedbackType::Virus,
            _ => FeedbackType::Other,
        }
    }

    /// The program that reports (§3.1).
    pub fn user_agent(&self) -> Option<&str> {
        self.fields.first("user-agent")
    }

    /// The version of the format (§3.1).
    pub fn version(&self) -> Option<&str> {
        self.fields.first("version")
    }

    /// ENVID of the message (§3.2).
    pub fn original_envelope_id(&self) -> Option<&str> {
        self.fields.first("original-envelope-id")
    }

    /// Its envelope sender, without angle brackets (§3.2).
    pub fn original_mail_from(&self) -> Option<&str> {
        Some(bare(self.fields.first("original-mail-from")?))
    }

    /// When it arrived (§3.2), in seconds since 1970-01-01T00:00:00Z; Received-Date is the older name.
    pub fn arrival_date(&self) -> Option<i64> {
        self.fields
            .date("arrival-date")
            .or_else(|| self.fields.date("received-date"))
    }

    /// Who received it (§3.2).
    pub fn reporting_mta(&self) -> Option<Typed<'_>> {
        self.fields.typed("reporting-mta")
    }

    /// The address it came from (§3.2).
    pub fn source_ip(&self) -> Option<&str> {
        self.fields.first("source-ip")
    }

    /// How many times it happened (§3.2); 1 where it does not say.
    pub fn incidents(&self) -> u64 {
        let count = self
            .fields
            .first("incidents")
            .and_then(|text| text.parse().ok());
        count.unwrap_or(1)
    }

    /// Authentication-Results of the receiver (§3.3).
    pub fn authentication_results(&self) -> impl Iterator<Item = &str> {
        self.fields.all_of("authentication-results")
    }

    /// Its envelope recipients, without angle brackets; often redacted (§3.3).
    pub fn original_rcpt_to(&self) -> impl Iterator<Item = &str> {
        self.fields.all_of("original-rcpt-to").map(bare)
    }

    /// Domains that the complaint is about (§3.3).
    pub fn reported_domains(&self) -> impl Iterator<Item = &str> {
        self.fields.all_of("reported-domain")
    }

    /// Links that the complaint is about (§3.3).
    pub fn reported_uris(&self) -> impl Iterator<Item = &str> {
        self.fields.all_of("reported-uri")
    }

    /// A field by its name, extensions included.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.first(name)
    }
}

fn bare(address: &str) -> &str {
    address.trim_matches(['<', '>', ' '])
}

/// What a complaint is (RFC 5965 §7.3, RFC 6430, RFC 6591).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeedbackType {
    /// Unwanted mail: "this is spam".
    Abuse,
    /// SPF, DKIM or DMARC failed.
    AuthFailure,
    /// Phishing and its kin.
    Fraud,
    /// Mail taken for spam that is none.
    NotSpam,
    /// Another word, or none.
    Other,
    /// Malware.
    Virus,
}
