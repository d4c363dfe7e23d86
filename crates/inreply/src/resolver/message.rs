//! Messages of the DNS to and from the doctor's words.

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use hickory_proto::rr::{self, RData, RecordType};
use inreply_dns::lookup::{Found, Outcome, Question, Reason, Section};
use inreply_dns::name::Name;
use inreply_dns::record::{Data, Kind, Record};
use inreply_dns::tlsa::Tlsa;

/// What a datagram may hold without being cut to pieces on the way (DNS flag day 2020).
const PAYLOAD: u16 = 1_232;

/// Extended errors (RFC 8914 §2).
const EXTENDED_ERROR: u16 = 15;

/// A question as a message; `None` where its name is none that a message holds.
pub(super) fn query(
    id: u16,
    question: &Question,
    checking_disabled: bool,
    with_edns: bool,
) -> Option<Vec<u8>> {
    let labels: Vec<Vec<u8>> = question.name.wire_labels().collect();
    let mut name = rr::Name::from_labels(labels).ok()?;
    name.set_fqdn(true);
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    // RFC 6840 §5.7: AD in a question asks for AD in the answer.
    message.metadata.authentic_data = true;
    message.metadata.checking_disabled = checking_disabled;
    message.add_query(Query::query(name, record_type(question.kind)));
    if with_edns {
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD);
        // RFC 3225: with DO the signatures come along, by which a signed zone is known.
        edns.set_dnssec_ok(true);
        message.set_edns(edns);
    }
    message.to_vec().ok()
}

/// What a message says, where it is the answer to the question.
pub(super) enum Said {
    /// To something else: passed over.
    Nothing,
    /// Cut: ask again over TCP.
    Cut,
    /// The server does not know EDNS (RFC 6891 §7).
    NoEdns,
    Outcome(Outcome),
}

/// Reads a message.
pub(super) fn read(octets: &[u8], id: u16, question: &Question, over_tcp: bool) -> Said {
    // The first two octets are the number; with another it is no answer of ours, readable or not.
    if octets.get(..2) != Some(&id.to_be_bytes()[..]) {
        return Said::Nothing;
    }
    let message = match Message::from_vec(octets) {
        Ok(message) => message,
        Err(error) => return Said::Outcome(Outcome::Malformed(Reason(error.to_string()))),
    };
    let code = message.metadata.response_code;
    if code == ResponseCode::FormErr && message.edns.is_none() {
        return Said::NoEdns;
    }
    let asked = message.queries.first().is_some_and(|query| {
        name(query.name()).as_ref() == Some(&question.name)
            && query.query_type() == record_type(question.kind)
    });
    if message.metadata.message_type != MessageType::Response || !asked {
        return Said::Nothing;
    }
    if message.metadata.truncation && !over_tcp {
        return Said::Cut;
    }
    Said::Outcome(outcome(&message, question, over_tcp))
}

fn outcome(message: &Message, question: &Question, over_tcp: bool) -> Outcome {
    let code = message.metadata.response_code;
    match code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        ResponseCode::ServFail => return Outcome::ServFail(reason(message)),
        ResponseCode::Refused | ResponseCode::NotAuth => return Outcome::Refused(reason(message)),
        other => return Outcome::Malformed(Reason(other.to_str().to_owned())),
    }
    let of_type = |kind: RecordType| {
        let mut authorities = message.authorities.iter();
        authorities.find(|record| record.record_type() == kind)
    };
    let head = of_type(RecordType::SOA);
    let mut all = message.answers.iter().chain(&message.authorities);
    let mut section = Section::default();
    section.zone = head.and_then(|head| name(&head.name));
    section.authoritative = message.metadata.authoritative;
    section.authenticated = message.metadata.authentic_data;
    section.signed = all.any(|record| record.record_type() == RecordType::RRSIG);
    section.large = over_tcp;
    section.records = message.answers.iter().filter_map(found).collect();
    if code == ResponseCode::NXDomain {
        return Outcome::NxDomain(section);
    }
    let chain = section.follow(&question.name);
    let end = chain.links.last().unwrap_or(&question.name);
    let is_there = section.at(end, question.kind).next().is_some();
    // CNAMEs that nothing follows, and nobody denies, lead on.
    if is_there || chain.looped || (!chain.is_empty() && head.is_none()) {
        return Outcome::Answer(section);
    }
    if head.is_none() && !section.authoritative && of_type(RecordType::NS).is_some() {
        return Outcome::Refused(Reason("a referral: the server does not recurse".to_owned()));
    }
    Outcome::NoData(section)
}

/// The extended error of a failure: its number, and the server's text.
fn reason(message: &Message) -> Reason {
    let options = message.edns.as_ref().map(Edns::options);
    let option = options.and_then(|options| options.get(EdnsCode::Unknown(EXTENDED_ERROR)));
    let Some(EdnsOption::Unknown(_, data)) = option else {
        return Reason::default();
    };
    let Some((number, text)) = data.split_first_chunk() else {
        return Reason::default();
    };
    let number = u16::from_be_bytes(*number);
    let text = String::from_utf8_lossy(text);
    let text: String = text
        .chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect();
    Reason(format!("EDE {number} {text}").trim_end().to_owned())
}

fn found(record: &rr::Record) -> Option<Found> {
    let data = match &record.data {
        RData::A(address) => Data::A(address.0),
        RData::AAAA(address) => Data::Aaaa(address.0),
        RData::CNAME(target) => Data::Cname(name(&target.0)?),
        RData::NS(server) => Data::Ns(name(&server.0)?),
        RData::PTR(target) => Data::Ptr(name(&target.0)?),
        RData::MX(mx) => Data::Mx {
            preference: mx.preference,
            exchange: name(&mx.exchange)?,
        },
        RData::SOA(soa) => Data::Soa {
            primary: name(&soa.mname)?,
            minimum: soa.minimum,
        },
        RData::TLSA(tlsa) => Data::Tlsa(Tlsa {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            data: tlsa.cert_data.clone(),
        }),
        RData::TXT(text) => Data::Txt(text.txt_data.concat()),
        _ => return None,
    };
    Some(Found {
        record: Record::new(name(&record.name)?, data),
        ttl: record.ttl,
    })
}

fn name(name: &rr::Name) -> Option<Name> {
    Name::from_labels(name.iter()).ok()
}

fn record_type(kind: Kind) -> RecordType {
    match kind {
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
        Kind::Cname => RecordType::CNAME,
        Kind::Mx => RecordType::MX,
        Kind::Ns => RecordType::NS,
        Kind::Ptr => RecordType::PTR,
        Kind::Soa => RecordType::SOA,
        Kind::Tlsa => RecordType::TLSA,
        // The type is not exhaustive; TXT is the last that this crate's sibling has.
        _ => RecordType::TXT,
    }
}
