//! The console's texts in both languages.

/// Makes a table of texts: a field a text, and a constant a language.
macro_rules! words {
    ($($name:ident: $english:literal, $korean:literal;)*) => {
        /// Texts of one language.
        #[derive(Debug)]
        pub(crate) struct Words {
            $(pub(crate) $name: &'static str,)*
        }

        pub(crate) static ENGLISH: Words = Words { $($name: $english,)* };
        pub(crate) static KOREAN: Words = Words { $($name: $korean,)* };
    };
}

words! {
    language: "en", "ko";
    other_language: "한국어", "English";
    other_language_code: "ko", "en";
    skip: "Skip to the content", "본문으로 건너뛰기";
    console: "E-mail console", "이메일 콘솔";
    sign_in: "Sign in", "로그인";
    sign_out: "Sign out", "로그아웃";
    password: "Password", "비밀번호";
    wrong_password: "The password is wrong.", "비밀번호가 틀렸습니다.";
    wait_before_login: "Too many wrong passwords. Wait this many seconds:", "비밀번호 오류가 너무 많습니다. 다음 초만큼 기다리세요:";
    where_password: "It was shown when the console started for the first time; `console-password` sets another.", "콘솔이 처음 시작될 때 표시되었습니다. `console-password` 명령으로 바꿀 수 있습니다.";
    overview: "Overview", "개요";
    settings: "Settings", "설정";
    inbound: "Inbound", "수신";
    outbound: "Outbound", "발신";
    check: "Check", "점검";
    check_well: "All that could be looked at is as it should be.", "점검한 모든 항목이 정상입니다.";
    check_bad: "Something is wrong, or could not be found out.", "문제가 있거나 확인할 수 없는 항목이 있습니다.";
    check_from_here: "Port 25 is asked from this machine: a firewall in front of it shows only from another network.", "25번 포트는 이 서버에서 확인합니다. 앞단의 방화벽은 다른 네트워크에서만 확인할 수 있습니다.";
    dns: "DNS", "DNS";
    logs: "Logs", "로그";
    support: "Support", "지원";
    issues: "Issues", "이슈";
    explain: "Try a message", "메시지 시험";
    health: "Health", "상태";
    well: "ok", "정상";
    fault: "fault", "장애";
    spool: "Spool", "스풀";
    spool_well: "can be written", "쓸 수 있습니다";
    worker: "Worker", "작업자";
    worker_well: "runs", "실행 중입니다";
    backlog: "Backlog", "대기 메시지";
    switched_off: "E-mail is switched off.", "이메일이 꺼져 있습니다.";
    last_outcomes: "What became of messages", "메시지 처리 결과";
    by_hour: "Messages that came in, by hour, of the last 24 hours", "최근 24시간 동안 시간별 수신 메시지";
    last_failures: "Last failures", "최근 실패";
    none: "None.", "없음.";
    waiting: "waiting", "대기";
    messages: "messages", "메시지";
    folder: "Folder", "폴더";
    time: "Time", "시각";
    size: "Size", "크기";
    sender: "From", "보낸 사람";
    reason: "Reason", "사유";
    message: "Message", "메시지";
    octets: "octets", "바이트";
    all: "All", "전체";
    older: "Older messages", "이전 메시지";
    retry: "Try again", "다시 시도";
    drop: "Delete", "삭제";
    original: "Original", "원본";
    fields: "Header fields", "헤더";
    kept_and_cut: "What was kept and what was cut", "유지된 부분과 잘린 부분";
    kept: "kept", "유지";
    cut: "cut", "삭제됨";
    rule: "Rule", "규칙";
    kind: "Kind", "종류";
    html_part: "HTML part", "HTML 부분";
    html_note: "In a sandbox: no scripts, nothing is fetched.", "샌드박스에서 표시: 스크립트와 외부 콘텐츠가 차단됩니다.";
    attachments: "Attachments", "첨부 파일";
    token: "Reply address", "회신 주소";
    token_unknown: "It opens with none of our keys.", "우리 키로 열 수 없습니다.";
    machine_mail: "Read as", "판별";
    paste: "Paste a whole message, with its header, or only a text.", "헤더를 포함한 전체 메시지 또는 본문만 붙여 넣으세요.";
    read_it: "Read it", "읽기";
    would_be: "The comment it would become", "이렇게 댓글이 됩니다";
    queue: "Queue", "대기열";
    next_try: "Next try", "다음 시도";
    tries: "Tries", "시도";
    last_words: "What stood in the way", "마지막 오류";
    recipients: "To", "받는 사람";
    suppressed: "Suppression list", "발송 중지 목록";
    suppressed_note: "Mailboxes that refused mail for good. Nothing is sent to them until they are released.", "메일을 영구 거부한 주소입니다. 해제할 때까지 발송하지 않습니다.";
    since: "Since", "시작";
    release: "Release", "해제";
    mailbox: "Mailbox", "주소";
    check_again: "Check again", "다시 검사";
    verdict_pass: "All records are as they should be.", "모든 레코드가 올바릅니다.";
    verdict_warn: "Mail works. The warnings are worth a look.", "메일은 작동합니다. 경고를 확인하세요.";
    verdict_unknown: "Some look-ups failed, so that nobody can say whether all is right.", "일부 조회가 실패하여 모두 올바른지 알 수 없습니다.";
    verdict_fail: "Mail is lost or refused until the errors are mended.", "오류를 고칠 때까지 메일이 유실되거나 거부됩니다.";
    severity_error: "error", "오류";
    severity_warning: "warning", "경고";
    severity_unknown: "unknown", "알 수 없음";
    severity_info: "note", "참고";
    mends: "What mends it", "수정 방법";
    is_right: "What is right", "올바른 항목";
    copy: "Copy", "복사";
    copied: "Copied", "복사됨";
    wanted_records: "Records that are needed", "필요한 레코드";
    found: "Found", "찾은 값";
    to_do: "What to change, in this order", "변경할 내용 (순서대로)";
    nothing_to_do: "Nothing to change.", "변경할 것이 없습니다.";
    wildcard: "The wildcard trap", "와일드카드 함정";
    wildcard_text: "A wildcard record (*.HOST) covers a name only while the name has no record of its own. Adding an MX record at reply.HOST takes its address from the wildcard away: add an A or AAAA record for it in the same step (RFC 4592).", "와일드카드 레코드(*.HOST)는 해당 이름에 자체 레코드가 없을 때만 적용됩니다. reply.HOST에 MX를 추가하면 와일드카드 주소가 더 이상 적용되지 않으므로 A 또는 AAAA 레코드도 함께 추가하세요 (RFC 4592).";
    resolver_failed: "The resolver cannot be used:", "리졸버를 사용할 수 없습니다:";
    host_name: "Name", "이름";
    value: "Value", "값";
    record_type: "Type", "유형";
    mail_log: "mail.log: each message's way in", "mail.log: 수신 과정";
    replies_log: "replies.log: what became of it", "replies.log: 처리 결과";
    conversations_log: "conversations.log: what relays said", "conversations.log: 릴레이와의 대화";
    bundle: "Support bundle", "지원 번들";
    bundle_text: "Logs, conversations, settings, DNS report, versions and counts in one tar.gz. Passwords and keys are cut out.", "로그, 대화, 설정, DNS 보고서, 버전, 집계를 하나의 tar.gz로 묶습니다. 비밀번호와 키는 제거됩니다.";
    download: "Download", "다운로드";
    diagnostics: "Diagnostics", "진단";
    diagnostics_text: "The same as one text, to be pasted into a mail.", "메일에 붙여 넣을 수 있는 하나의 텍스트입니다.";
    general: "General", "일반";
    enabled: "Enable e-mail, in and out", "이메일 사용 (수신 및 발신)";
    host: "Host", "호스트";
    host_help: "The name of the installation. Replies come to reply.HOST, notifications from noreply@noreply.HOST.", "설치 이름입니다. 회신은 reply.HOST로 받고, 알림은 noreply@noreply.HOST에서 보냅니다.";
    support_link: "Support link", "지원 링크";
    support_help: "An e-mail address, or a URL that begins with http:// or https://. It stands in every notification and in refusals.", "이메일 주소 또는 http:// / https:// URL. 모든 알림과 거부 메시지에 표시됩니다.";
    operator: "Operator's mailbox", "운영자 주소";
    operator_help: "Mail for postmaster and abuse is sent on to it. Empty: it is only kept.", "postmaster와 abuse 메일을 전달합니다. 비우면 보관만 합니다.";
    outgoing: "Outgoing mail", "발신 메일";
    server: "SMTP server", "SMTP 서버";
    port: "Port", "포트";
    hello: "Name said in EHLO", "EHLO에 사용할 이름";
    hello_help: "Empty: the host.", "비우면 호스트를 사용합니다.";
    tls: "TLS", "TLS";
    tls_none: "none", "없음";
    tls_opportunistic: "opportunistic (STARTTLS where offered)", "가능하면 (STARTTLS)";
    tls_required: "required (STARTTLS, trusted certificate)", "필수 (STARTTLS, 신뢰된 인증서)";
    tls_implicit: "implicit (port 465)", "암시적 (포트 465)";
    authentication: "Authentication", "인증";
    auth_best: "the best that is offered", "제공되는 것 중 최선";
    user: "User", "사용자";
    password_keep: "Empty: as it is.", "비우면 그대로 둡니다.";
    dkim: "DKIM keys", "DKIM 키";
    dkim_help: "Selector and key file, one a line; empty where the relay signs.", "셀렉터와 키 파일을 한 줄에 하나씩. 릴레이가 서명하면 비워 두세요.";
    incoming: "Incoming mail", "수신 메일";
    discard: "Discard all mail to the no-reply address", "회신 불가 주소로 온 메일 폐기";
    discard_help: "Off: it is refused with the hint to use Reply-To.", "끄면 Reply-To를 사용하라는 안내와 함께 거부됩니다.";
    enforce_tls: "Enforce TLS on all incoming connections", "모든 수신 연결에 TLS 강제";
    enforce_help: "RFC 3207 section 4 forbids it on a public port 25: mail of servers without TLS is lost.", "RFC 3207 4절은 공개 포트 25에서 이를 금지합니다. TLS가 없는 서버의 메일을 잃게 됩니다.";
    certificate: "Certificate chain (PEM file)", "인증서 체인 (PEM 파일)";
    private_key: "Private key (PEM file)", "개인 키 (PEM 파일)";
    test_settings: "Test email settings", "이메일 설정 시험";
    test_to: "Send a test mail to", "시험 메일 받을 주소";
    test_send: "Send and save if it works", "보내고 성공하면 저장";
    transcript: "The conversation", "대화 내용";
    test_running: "Sending…", "보내는 중…";
    test_saving: "Sent. Saving…", "보냈습니다. 저장하는 중…";
    test_broken: "The console does not answer. Whether the settings were saved, the page says when it is loaded again.", "콘솔이 응답하지 않습니다. 설정이 저장되었는지는 페이지를 다시 불러오면 알 수 있습니다.";
    give_up: "Give up", "중단";
    close: "Close", "닫기";
    save: "Save without a test", "시험 없이 저장";
    saved: "Saved. The settings hold from now on.", "저장되었습니다. 이제부터 적용됩니다.";
    saved_untested: "Saved without a test: whether mail goes out is not known.", "시험 없이 저장되었습니다. 메일 발송 여부는 확인되지 않았습니다.";
    until_restart: "No config file was given: they hold until the server ends.", "설정 파일이 지정되지 않아 서버가 종료될 때까지만 유지됩니다.";
    not_saved: "Not saved.", "저장되지 않았습니다.";
    title: "Title", "제목";
    text: "Text", "내용";
    open_issue: "Open an issue", "이슈 열기";
    add_comment: "Comment", "댓글 달기";
    as_person: "As", "작성자";
    by_mail: "Everybody else who wants mail about it is notified, and may answer by reply.", "알림을 원하는 다른 사람에게 메일이 가며, 회신으로 답할 수 있습니다.";
    notify_me: "Notify", "알림 받기";
    notify_not: "Do not notify", "알림 끄기";
    people: "People", "사람";
    bounced: "mail came back", "메일 반송됨";
    locked: "locked", "잠김";
    lock: "Lock", "잠그기";
    add_person: "Add a person", "사람 추가";
    name: "Name", "이름";
    email: "E-mail address", "이메일 주소";
    add: "Add", "추가";
    not_found: "There is no such page.", "페이지가 없습니다.";
    other_site: "The form was sent from another site.", "다른 사이트에서 보낸 양식입니다.";
    stale_form: "The form is not of this session. Load the page again.", "이 세션의 양식이 아닙니다. 페이지를 다시 불러오세요.";
    other_host: "This console is at localhost. For another name, put a proxy in front that sets Host.", "이 콘솔은 localhost에 있습니다. 다른 이름으로 쓰려면 Host를 설정하는 프록시를 앞에 두세요.";
    too_large: "That is too long: a form has at most 2 MiB.", "너무 깁니다. 양식은 최대 2 MiB입니다.";
    no_form: "What was sent is no form of this page.", "이 페이지의 양식이 아닙니다.";
    try_later: "It cannot be done now. Try again in a minute.", "지금은 처리할 수 없습니다. 잠시 후 다시 시도하세요.";
    issue_title: "An issue has a title.", "이슈에는 제목이 필요합니다.";
    issue_locked: "The issue is locked.", "잠긴 이슈입니다.";
    no_person: "There is no such person.", "그런 사람이 없습니다.";
    no_mailbox: "That is no e-mail address.", "이메일 주소가 아닙니다.";
    port_range: "1 to 65535", "1에서 65535까지";
    name_or_address: "a name or an address", "이름 또는 주소";
    error: "That did not work", "작업에 실패했습니다";
    back: "Back", "뒤로";
    unsubscribe: "Unsubscribe", "구독 취소";
    unsubscribe_text: "No more notifications of this thread will be sent.", "이 스레드의 알림을 더 이상 보내지 않습니다.";
    unsubscribed: "You are unsubscribed.", "구독이 취소되었습니다.";
    unsubscribe_bad: "This link unsubscribes nobody: it is damaged or too old.", "이 링크는 손상되었거나 만료되었습니다.";
}

/// The language that a request asks for: of the cookie, else of Accept-Language.
pub(crate) fn of(cookie: Option<&str>, accepted: Option<&str>) -> &'static Words {
    let wanted = cookie.or(accepted).unwrap_or_default();
    let first = wanted
        .split(',')
        .map(|language| language.trim().split([';', '-']).next().unwrap_or_default())
        .find(|language| matches!(*language, "en" | "ko"));
    match first {
        Some("ko") => &KOREAN,
        _ => &ENGLISH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_we_speak() {
        for (cookie, accepted, expected) in [
            (None, None, "en"),
            (None, Some("ko-KR,ko;q=0.9,en;q=0.8"), "ko"),
            (None, Some("de, en-GB, ko"), "en"),
            (Some("ko"), Some("en"), "ko"),
            (Some("tlh"), None, "en"),
        ] {
            assert_eq!(of(cookie, accepted).language, expected);
        }
    }
}
