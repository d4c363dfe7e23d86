//! The words of each code: what happened, and what to try.

use super::Code;

pub(super) fn english(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::AuthMechanism => (
            "{relay} offers no way to log in that suits the credentials.",
            "Use TLS, which many servers want before they take a password, or ask for an account that may use PLAIN, LOGIN, CRAM-MD5 or SCRAM-SHA-256.",
        ),
        Code::AuthNeedsTls => (
            "The password was not sent to {relay}, for the connection is not encrypted.",
            "Set TLS to required, or to implicit on port 465.",
        ),
        Code::AuthNotGenuine => (
            "{relay} could not prove that it knows the password.",
            "Somebody may be in between: check the server's name, and ask whoever runs it.",
        ),
        Code::AuthNotOffered => (
            "{relay} has no logins.",
            "Leave user and password empty, or use the port for submission, 587 or 465; some servers offer logins only once TLS is on.",
        ),
        Code::AuthRefused => (
            "{relay} did not accept the user or the password.",
            "Check both for typing errors; many providers want an app password in place of the account's own.",
        ),
        Code::AuthTemporary => (
            "{relay} cannot check the password at the moment.",
            "Try again in some minutes; if it stays so, ask whoever runs the server.",
        ),
        Code::AuthWanted => (
            "{relay} takes mail only of those who have logged in.",
            "Set user and password, or ask whoever runs the server to let this machine's address send without.",
        ),
        Code::CertificateExpired => (
            "The certificate of {relay} has expired.",
            "Whoever runs the server has to renew it; also check this machine's clock.",
        ),
        Code::CertificateIssuer => (
            "The certificate of {relay} was issued by nobody who is trusted here.",
            "If the server belongs to you, give its authority's certificate as the trusted file; else the server may not send its whole chain.",
        ),
        Code::CertificateName => (
            "The certificate of {relay} is for another name.",
            "Set the server to the name that its certificate has; an address in numbers rarely is in one.",
        ),
        Code::CertificateOther => (
            "The certificate of {relay} cannot be accepted.",
            "Whoever runs the server has to replace it; what is wrong with it stands below.",
        ),
        Code::Closing => (
            "{relay} broke off with 421: it is busy, is stopping, or wants to hear less from here.",
            "Try again in some minutes; if it stays so, ask whoever runs the server whether it limits this machine.",
        ),
        Code::ConnectFailed => (
            "The network has no way to {relay}.",
            "Check this machine's network and the server's address; with IPv6 alone or without it, a name may lead to the wrong one.",
        ),
        Code::ConnectRefused => (
            "Nothing listens at {relay}.",
            "Check the name and the port, and whether the server runs: 587 and 465 are for submission, 25 is between servers.",
        ),
        Code::ConnectTimeout => (
            "{relay} does not answer: a firewall may drop the connection.",
            "Check the name and the port, and whether a firewall here or there lets it through.",
        ),
        Code::Delivered => (
            "{relay} has taken the mail.",
            "Look whether it arrives; if not, look in the junk folder and ask whoever runs the relay.",
        ),
        Code::Dropped => (
            "{relay} closed the connection in the middle.",
            "Try again; if it stays so, look into the server's log, or for a firewall that reads SMTP.",
        ),
        Code::GreetingRefused => (
            "{relay} does not talk to this machine.",
            "This machine's address may stand on a block list, or the server serves others only: its words stand below.",
        ),
        Code::GreetingTemporary => (
            "{relay} does not want to talk now.",
            "Try again in some minutes.",
        ),
        Code::GreetingTimeout => (
            "{relay} took the connection and says nothing.",
            "Try again; a server that checks this machine's name waits for a slow DNS, and one that wants TLS from the start waits for us.",
        ),
        Code::Greylisted => (
            "{relay} puts mail off that it has not seen before (greylisting).",
            "Nothing is wrong: the same mail is taken some minutes later, and notifications are tried again by themselves.",
        ),
        Code::HelloRefused => (
            "{relay} does not like the name by which this machine says hello.",
            "Set the name in EHLO to one that the DNS has for this machine's address.",
        ),
        Code::HostNotFound => (
            "The name of {relay} has no address.",
            "Check it for typing errors, and whether this machine's DNS works.",
        ),
        Code::LocalFault => (
            "This machine could not begin the conversation.",
            "The operating system refused something: what it was stands below.",
        ),
        Code::MessageRefused => (
            "{relay} refused the message itself.",
            "Its words stand below: often a filter for spam, or a limit of size.",
        ),
        Code::MessageTemporary => (
            "{relay} cannot take the message now.",
            "Try again in some minutes.",
        ),
        Code::MessageUnsuitable => (
            "{relay} cannot take such a message.",
            "What it lacks stands below: an address beyond ASCII needs SMTPUTF8.",
        ),
        Code::NotSmtp => (
            "What answers at {relay} does not speak SMTP.",
            "Check the port: 25, 587 and 465 are for mail, 993 and 995 are for reading it.",
        ),
        Code::Port25Blocked => (
            "{relay} does not answer, and many networks let no connection out to port 25.",
            "Use a relay on port 587 or 465, or ask the provider of this machine to open port 25.",
        ),
        Code::RecipientRefused => (
            "{relay} refused the recipient.",
            "Check the address; if it is of another domain, the server does not relay for this machine: log in, or ask for it.",
        ),
        Code::RecipientTemporary => (
            "{relay} cannot take mail for the recipient now.",
            "Try again in some minutes.",
        ),
        Code::SenderRefused => (
            "{relay} refused the sender.",
            "The account may only send as itself: ask for the no-reply domain to be allowed, or change the no-reply address.",
        ),
        Code::SenderTemporary => (
            "{relay} does not take the sender now.",
            "Try again in some minutes; a server that looks the sender's domain up waits for its DNS records.",
        ),
        Code::Timeout => (
            "{relay} took too long for an answer.",
            "Try again; if it stays so, ask whoever runs the server.",
        ),
        Code::TlsFailed => (
            "TLS with {relay} did not come about.",
            "Try again; what happened stands below.",
        ),
        Code::TlsFromStart => (
            "{relay} speaks TLS from the start.",
            "Set TLS to implicit, or use the port for STARTTLS, 587.",
        ),
        Code::TlsInjected => (
            "Something stood between {relay} and the handshake of TLS.",
            "Somebody may be in between: do not send mail over this network, and tell whoever runs it.",
        ),
        Code::TlsNotOffered => (
            "{relay} does not offer STARTTLS.",
            "Try port 465 with TLS set to implicit; where the network is your own, TLS can be opportunistic.",
        ),
        Code::TlsNotSpoken => (
            "{relay} does not speak TLS from the start.",
            "Set TLS to required, which uses STARTTLS, or use port 465.",
        ),
        Code::TlsVersion => (
            "{relay} speaks no version of TLS that is still safe.",
            "Whoever runs the server has to allow TLS 1.2 or 1.3.",
        ),
        Code::TlsWanted => ("{relay} takes nothing without TLS.", "Set TLS to required."),
    }
}

pub(super) fn korean(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::AuthMechanism => (
            "{relay} 서버가 지원하는 로그인 방식 가운데 쓸 수 있는 것이 없습니다.",
            "TLS를 켜거나, PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-256 가운데 하나를 쓸 수 있는 계정을 요청하세요.",
        ),
        Code::AuthNeedsTls => (
            "연결이 암호화되지 않아 {relay} 서버에 비밀번호를 보내지 않았습니다.",
            "TLS를 필수(required)로, 465번 포트라면 implicit으로 설정하세요.",
        ),
        Code::AuthNotGenuine => (
            "{relay} 서버가 비밀번호를 알고 있음을 증명하지 못했습니다.",
            "누군가 중간에 있을 수 있습니다. 서버 이름을 확인하고 관리자에게 문의하세요.",
        ),
        Code::AuthNotOffered => (
            "{relay} 서버는 로그인을 지원하지 않습니다.",
            "사용자와 비밀번호를 비우거나 제출용 포트(587 또는 465)를 쓰세요. TLS를 켜야 로그인을 지원하는 서버도 있습니다.",
        ),
        Code::AuthRefused => (
            "{relay} 서버가 사용자 또는 비밀번호를 받아들이지 않았습니다.",
            "오타가 없는지 확인하세요. 계정 비밀번호 대신 앱 비밀번호가 필요한 곳도 많습니다.",
        ),
        Code::AuthTemporary => (
            "{relay} 서버가 지금은 비밀번호를 확인할 수 없습니다.",
            "몇 분 뒤에 다시 시도하고, 계속되면 서버 관리자에게 문의하세요.",
        ),
        Code::AuthWanted => (
            "{relay} 서버는 로그인한 뒤에만 메일을 받습니다.",
            "사용자와 비밀번호를 설정하거나, 이 서버의 주소를 허용해 달라고 관리자에게 요청하세요.",
        ),
        Code::CertificateExpired => (
            "{relay} 서버의 인증서가 만료되었습니다.",
            "서버 관리자가 인증서를 갱신해야 합니다. 이 컴퓨터의 시계도 확인하세요.",
        ),
        Code::CertificateIssuer => (
            "{relay} 서버의 인증서를 발급한 곳을 신뢰할 수 없습니다.",
            "직접 운영하는 서버라면 발급 기관의 인증서 파일을 설정하세요. 서버가 인증서 체인 전체를 보내지 않을 수도 있습니다.",
        ),
        Code::CertificateName => (
            "{relay} 서버의 인증서가 다른 이름으로 되어 있습니다.",
            "서버 주소를 인증서에 있는 이름으로 설정하세요. 숫자로 된 주소는 인증서에 거의 없습니다.",
        ),
        Code::CertificateOther => (
            "{relay} 서버의 인증서를 받아들일 수 없습니다.",
            "서버 관리자가 인증서를 바꿔야 합니다. 이유는 아래에 있습니다.",
        ),
        Code::Closing => (
            "{relay} 서버가 421로 대화를 끝냈습니다. 바쁘거나, 멈추는 중이거나, 연결이 너무 많습니다.",
            "몇 분 뒤에 다시 시도하고, 계속되면 제한이 있는지 관리자에게 문의하세요.",
        ),
        Code::ConnectFailed => (
            "네트워크로 {relay} 서버에 갈 수 없습니다.",
            "이 컴퓨터의 네트워크와 서버 주소를 확인하세요. IPv4와 IPv6 가운데 하나만 될 수도 있습니다.",
        ),
        Code::ConnectRefused => (
            "{relay}에서 아무것도 응답하지 않습니다.",
            "이름과 포트, 서버가 켜져 있는지 확인하세요. 587과 465는 제출용, 25는 서버 사이의 포트입니다.",
        ),
        Code::ConnectTimeout => (
            "{relay} 서버가 응답하지 않습니다. 방화벽이 연결을 막고 있을 수 있습니다.",
            "이름과 포트, 양쪽 방화벽을 확인하세요.",
        ),
        Code::Delivered => (
            "{relay} 서버가 메일을 받았습니다.",
            "메일이 도착하는지 확인하세요. 도착하지 않으면 스팸함을 보고 메일 서버 관리자에게 문의하세요.",
        ),
        Code::Dropped => (
            "{relay} 서버가 도중에 연결을 끊었습니다.",
            "다시 시도하고, 계속되면 서버 기록이나 SMTP를 검사하는 방화벽을 확인하세요.",
        ),
        Code::GreetingRefused => (
            "{relay} 서버가 이 컴퓨터와 대화하지 않습니다.",
            "이 컴퓨터의 주소가 차단 목록에 있을 수 있습니다. 서버의 말은 아래에 있습니다.",
        ),
        Code::GreetingTemporary => (
            "{relay} 서버가 지금은 대화하지 않습니다.",
            "몇 분 뒤에 다시 시도하세요.",
        ),
        Code::GreetingTimeout => (
            "{relay} 서버가 연결만 받고 아무 말도 하지 않습니다.",
            "다시 시도하세요. 느린 DNS를 기다리거나 처음부터 TLS를 기다리는 서버일 수 있습니다.",
        ),
        Code::Greylisted => (
            "{relay} 서버가 처음 보는 메일을 잠시 미룹니다(greylisting).",
            "문제가 아닙니다. 몇 분 뒤 다시 보내면 받으며, 알림은 자동으로 다시 보냅니다.",
        ),
        Code::HelloRefused => (
            "{relay} 서버가 이 컴퓨터의 인사 이름(EHLO)을 받아들이지 않습니다.",
            "EHLO 이름을 DNS에 있는 이 컴퓨터의 이름으로 설정하세요.",
        ),
        Code::HostNotFound => (
            "{relay} 서버의 이름에 해당하는 주소가 없습니다.",
            "오타가 없는지, 이 컴퓨터의 DNS가 동작하는지 확인하세요.",
        ),
        Code::LocalFault => (
            "이 컴퓨터에서 대화를 시작하지 못했습니다.",
            "운영 체제가 거부했습니다. 이유는 아래에 있습니다.",
        ),
        Code::MessageRefused => (
            "{relay} 서버가 메시지를 거부했습니다.",
            "서버의 말은 아래에 있습니다. 스팸 필터나 크기 제한일 때가 많습니다.",
        ),
        Code::MessageTemporary => (
            "{relay} 서버가 지금은 메시지를 받을 수 없습니다.",
            "몇 분 뒤에 다시 시도하세요.",
        ),
        Code::MessageUnsuitable => (
            "{relay} 서버는 이런 메시지를 받을 수 없습니다.",
            "무엇이 부족한지는 아래에 있습니다. 영문이 아닌 주소에는 SMTPUTF8이 필요합니다.",
        ),
        Code::NotSmtp => (
            "{relay}에서 응답하는 것은 SMTP가 아닙니다.",
            "포트를 확인하세요. 25, 587, 465는 발송용이고 993, 995는 수신용입니다.",
        ),
        Code::Port25Blocked => (
            "{relay} 서버가 응답하지 않습니다. 25번 포트로 나가는 연결을 막는 네트워크가 많습니다.",
            "587 또는 465번 포트의 서버를 쓰거나, 이 컴퓨터의 통신사에 25번 포트를 열어 달라고 요청하세요.",
        ),
        Code::RecipientRefused => (
            "{relay} 서버가 받는 사람을 거부했습니다.",
            "주소를 확인하세요. 다른 도메인의 주소라면 로그인하거나 중계를 허용해 달라고 요청하세요.",
        ),
        Code::RecipientTemporary => (
            "{relay} 서버가 지금은 이 받는 사람의 메일을 받을 수 없습니다.",
            "몇 분 뒤에 다시 시도하세요.",
        ),
        Code::SenderRefused => (
            "{relay} 서버가 보내는 사람을 거부했습니다.",
            "계정 자신의 주소로만 보낼 수 있는 서버일 수 있습니다. 발신 도메인을 허용받거나 주소를 바꾸세요.",
        ),
        Code::SenderTemporary => (
            "{relay} 서버가 지금은 이 보내는 사람을 받지 않습니다.",
            "몇 분 뒤에 다시 시도하세요. 발신 도메인의 DNS 레코드를 기다리는 서버일 수 있습니다.",
        ),
        Code::Timeout => (
            "{relay} 서버의 대답이 너무 오래 걸렸습니다.",
            "다시 시도하고, 계속되면 서버 관리자에게 문의하세요.",
        ),
        Code::TlsFailed => (
            "{relay} 서버와 TLS 연결을 맺지 못했습니다.",
            "다시 시도하세요. 이유는 아래에 있습니다.",
        ),
        Code::TlsFromStart => (
            "{relay} 서버는 처음부터 TLS로 대화합니다.",
            "TLS를 implicit으로 설정하거나 STARTTLS용 포트(587)를 쓰세요.",
        ),
        Code::TlsInjected => (
            "{relay} 서버와 TLS 사이에 무언가가 끼어들었습니다.",
            "누군가 중간에 있을 수 있습니다. 이 네트워크로 메일을 보내지 말고 관리자에게 알리세요.",
        ),
        Code::TlsNotOffered => (
            "{relay} 서버는 STARTTLS를 지원하지 않습니다.",
            "465번 포트와 implicit TLS를 써 보세요. 내부 네트워크라면 opportunistic으로 설정할 수 있습니다.",
        ),
        Code::TlsNotSpoken => (
            "{relay} 서버는 처음부터 TLS로 대화하지 않습니다.",
            "STARTTLS를 쓰도록 TLS를 required로 설정하거나 465번 포트를 쓰세요.",
        ),
        Code::TlsVersion => (
            "{relay} 서버가 안전한 TLS 버전을 지원하지 않습니다.",
            "서버 관리자가 TLS 1.2 또는 1.3을 허용해야 합니다.",
        ),
        Code::TlsWanted => (
            "{relay} 서버는 TLS 없이는 아무것도 받지 않습니다.",
            "TLS를 required로 설정하세요.",
        ),
    }
}
