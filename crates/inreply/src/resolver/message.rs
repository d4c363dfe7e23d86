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

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{A, CNAME, NS, SOA, TXT};

    use super::*;

    const ID: u16 = 7;

    fn question() -> Question {
        Question::new("reply.example.com".parse().unwrap(), Kind::A)
    }

    fn hickory(name: &str) -> rr::Name {
        rr::Name::from_ascii(name).unwrap()
    }

    /// A response to the question, changed by `change`.
    fn response(change: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::response(ID, OpCode::Query);
        message.add_query(Query::query(hickory("Reply.example.com."), RecordType::A));
        change(&mut message);
        message.to_vec().unwrap()
    }

    fn outcome_of(octets: &[u8]) -> Outcome {
        match read(octets, ID, &question(), false) {
            Said::Outcome(outcome) => outcome,
            _ => panic!("no outcome"),
        }
    }

    fn record(name: &str, data: RData) -> rr::Record {
        rr::Record::from_rdata(hickory(name), 300, data)
    }

    fn head() -> rr::Record {
        let soa = SOA::new(
            hickory("ns.example.com."),
            hickory("h.example.com."),
            1,
            2,
            3,
            4,
            5,
        );
        record("example.com.", RData::SOA(soa))
    }

    #[test]
    fn a_question_has_what_the_doctor_needs() {
        let octets = query(ID, &question(), true, true).unwrap();
        let message = Message::from_vec(&octets).unwrap();
        assert!(message.metadata.checking_disabled && message.metadata.authentic_data);
        assert!(message.metadata.recursion_desired);
        let edns = message.edns.unwrap();
        assert!(edns.max_payload() == 1_232 && edns.flags().dnssec_ok);
    }

    #[test]
    fn answers_and_denials() {
        let answer = outcome_of(&response(|message| {
            message.metadata.authentic_data = true;
            message.add_answer(record(
                "reply.EXAMPLE.com.",
                RData::CNAME(CNAME(hickory("x.example.com."))),
            ));
            message.add_answer(record("x.example.com.", RData::A(A::new(192, 0, 2, 1))));
        }));
        let Outcome::Answer(section) = answer else {
            panic!("{answer}");
        };
        assert!(
            section.authenticated && section.records.len() == 2 && section.records[1].ttl == 300
        );
        let nothing = outcome_of(&response(|message| {
            message.add_authority(head());
        }));
        let Outcome::NoData(section) = nothing else {
            panic!("{nothing}");
        };
        assert_eq!(section.zone.unwrap().as_str(), "example.com");
        // A CNAME that nobody follows or denies leads on; a denied one does not.
        let alias = || {
            record(
                "reply.example.com.",
                RData::CNAME(CNAME(hickory("x.test."))),
            )
        };
        assert!(matches!(
            outcome_of(&response(|message| {
                message.add_answer(alias());
            })),
            Outcome::Answer(_)
        ));
        let denied = response(|message| {
            message.add_answer(alias());
            message.add_authority(head());
        });
        assert!(matches!(outcome_of(&denied), Outcome::NoData(_)));
        let none = response(|message| message.metadata.response_code = ResponseCode::NXDomain);
        assert!(matches!(outcome_of(&none), Outcome::NxDomain(_)));
    }

    #[test]
    fn failures_are_kept_apart() {
        let failed = outcome_of(&response(|message| {
            message.metadata.response_code = ResponseCode::ServFail;
            let mut edns = Edns::new();
            let reason = [&[0, 7][..], b"signature expired\n"].concat();
            edns.options_mut()
                .insert(EdnsOption::Unknown(EXTENDED_ERROR, reason));
            message.set_edns(edns);
        }));
        assert_eq!(
            failed,
            Outcome::ServFail(Reason("EDE 7 signature expired".to_owned()))
        );
        let refused = response(|message| message.metadata.response_code = ResponseCode::Refused);
        assert_eq!(outcome_of(&refused), Outcome::Refused(Reason::default()));
        let referral = response(|message| {
            message.add_authority(record(
                "example.com.",
                RData::NS(NS(hickory("ns.example.com."))),
            ));
        });
        assert!(matches!(outcome_of(&referral), Outcome::Refused(_)));
        let strange = response(|message| message.metadata.response_code = ResponseCode::NotImp);
        assert!(matches!(outcome_of(&strange), Outcome::Malformed(_)));
        assert!(matches!(
            outcome_of(&[0, 7, 0x80, 0, 0, 9, 0, 0]),
            Outcome::Malformed(_)
        ));
    }

    #[test]
    fn what_was_not_asked_for_is_passed_over() {
        let other_number = response(|message| message.metadata.id = 8);
        let other_question = response(|message| {
            message.queries = vec![Query::query(hickory("x.example.com."), RecordType::A)];
        });
        let a_question = response(|message| message.metadata.message_type = MessageType::Query);
        for octets in [
            other_number,
            other_question,
            a_question,
            Vec::new(),
            vec![0],
        ] {
            assert!(matches!(
                read(&octets, ID, &question(), false),
                Said::Nothing
            ));
        }
        let cut = response(|message| message.metadata.truncation = true);
        assert!(matches!(read(&cut, ID, &question(), false), Said::Cut));
        let old = response(|message| message.metadata.response_code = ResponseCode::FormErr);
        assert!(matches!(read(&old, ID, &question(), false), Said::NoEdns));
    }

    #[test]
    fn texts_are_joined_octet_by_octet() {
        let text = RData::TXT(TXT::from_bytes(vec![&b"v=spf1 "[..], b"\xff-all"]));
        let found = found(&record("a\\.b.example.com.", text)).unwrap();
        assert_eq!(found.record.data, Data::Txt(b"v=spf1 \xff-all".to_vec()));
        assert_eq!(found.record.owner.to_string(), "a\\046b.example.com.");
    }
}
