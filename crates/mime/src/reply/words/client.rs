//! Lines that mail programs add.

/// How a mail program's own signature begins.
pub(crate) const CLIENT: &[&str] = &[
    "sent via",
    "sent with",
    "sent using",
    "sent on the",
    "sent by my",
    "sent through",
    "sent by",
    "sent in",
    "connected by",
    "powered by",
    "sent from",
    "gesendet von",
    "gesendet mit",
    "gesendet aus",
    "gesendet über",
    "versendet mit",
    "diese nachricht wurde von",
    "diese e-mail wurde von",
    "envoyé de mon",
    "envoyé de ma",
    "envoyé depuis",
    "envoyé à partir",
    "envoyé avec",
    "envoyé par",
    "envoyé via",
    "provenance :",
    "provenance\u{a0}:",
    "enviado desde",
    "enviado a través",
    "enviado con",
    "enviado mediante",
    "enviado do meu",
    "enviado da minha",
    "enviado do",
    "enviado a partir",
    "enviado por",
    "enviado com",
    "enviado via",
    "enviada do",
    "enviado de mi",
    "inviato da",
    "inviato dal",
    "inviato con",
    "inviato tramite",
    "verstuurd vanaf",
    "verzonden vanaf",
    "verzonden met",
    "verzonden vanuit",
    "verstuurd met",
    "verstuurd vanuit",
    "verzonden via",
    "skickat från",
    "skickades från",
    "skickat med",
    "sendt fra",
    "sendt via",
    "sendt med",
    "lähetetty",
    "wysłano z",
    "wysłane z",
    "wysłano przy",
    "odesláno z",
    "odesláno pomocí",
    "posláno z",
    "odoslané z",
    "poslané z",
    "trimis de pe",
    "trimis din",
    "elküldve",
    "küldve",
    "poslano iz",
    "poslano s",
    "poslano z",
    "poslato sa",
    "poslato s",
    "послато са",
    "послато с",
    "saadetud",
    "išsiųsta",
    "nosūtīts",
    "sūtīts no",
    "enviat des",
    "отправлено с",
    "отправлено из",
    "отправлено через",
    "надіслано з",
    "відправлено з",
    "изпратено от",
    "στάλθηκε από",
    "αποστολή από",
    "发自",
    "发送自",
    "發自我的",
    "傳送自",
    "來自我的",
    "来自我的",
    "đã gửi từ",
    "được gửi từ",
    "gửi từ",
    "dikirim dari",
    "dihantar dari",
    "ipinadala mula",
    "ส่งจาก",
    "נשלח מ",
    "أُرسلت من",
    "مرسل من",
    "نُرسل من",
    "نرسل من",
    "أرسلت من",
    "تم الإرسال من",
];

/// When something was sent: news of the writer's, which a program does not know.
pub(crate) const WHEN: &[&str] = &[
    "yesterday",
    "today",
    "morning",
    "evening",
    "night",
    "ago", // English
    "gestern",
    "heute",
    "vorhin", // German
    "hier",
    "aujourd'hui", // French
    "ayer",
    "hoy", // Spanish
    "ieri",
    "oggi", // Italian
    "ontem",
    "hoje", // Portuguese
    "gisteren",
    "vandaag",
    "vanmorgen", // Dutch
    "igår",
    "idag", // Scandinavian
    "eilen",
    "tänään", // Finnish
    "wczoraj",
    "dzisiaj", // Polish
    "včera",
    "dnes", // Czech
    "вчера",
    "сегодня", // Russian
];

/// How it ends, in languages that put the verb last and say before it from where.
pub(crate) const CLIENT_END: &[&str] = &[
    "から送信",
    "から送信されました",
    "より送信",
    "로부터 보냄",
    "에서 보냄",
    "에서 보냈습니다",
    "에서 보내짐",
    "से भेजा गया",
];

/// Verbs at its end that say no more than that something was sent: such a line opens with the device, or with one of
/// [`CLIENT_SOURCE`].
pub(crate) const CLIENT_VERBS: &[&str] = &[
    "gesendet",
    "gönderildi",
    "küldve",
    "lähetetty",
    "发送",
    "傳送",
    "verzonden",
    "verstuurd",
];

/// Words for "from" and "with".
pub(crate) const CLIENT_SOURCE: &[&str] = &[
    "von ", "vom ", "aus ", "mit ", "über ", "via ", "van ", "vanaf ", "vanuit ", "met ", "从",
    "從", "由", "自", "来自", "來自",
];

/// What an excuse in such a line speaks of.
pub(crate) const EXCUSE: &[&str] = &[
    "excus",
    "typo",
    "brevity",
    "pardon",
    "apolog",
    "forgive",
    "short",
    "autocorrect", // English
    "entschuld",
    "tippfehler",
    "kürze", // German
    "fautes",
    "brièveté", // French
    "disculp",
    "brevedad",
    "perdon",  // Spanish
    "desculp", // Portuguese
    "scus",
    "errori",   // Italian
    "typefout", // Dutch
];

/// Devices and mail programs that the lines name.
pub(crate) const DEVICES: &[&str] = &[
    "iphon",
    "ipad",
    "ipod",
    "android",
    "galaxy",
    "samsung",
    "huawei",
    "xiaomi",
    "redmi",
    "oppo",
    "oneplus",
    "pixel",
    "motorola",
    "nokia",
    "blackberry",
    "droid",
    "lumia",
    "windows",
    "verizon",
    "t-mobile", // devices
    "outlook",
    "gmail",
    "yahoo",
    "aol ",
    "proton",
    "tutanota",
    "tuta ",
    "gmx",
    "web.de",
    "t-online",
    "mail.ru",
    "seznam",
    "яндекс",
    "bluemail",
    "aqua mail",
    "fairemail",
    "k-9",
    "typeapp",
    "spark",
    "superhuman",
    "hushmail",
    "thunderbird",
    "mimestream",
    "missive",
    "mixmax",
    "mailsuite",
    "edison",
    "newton",
    "xfinity",
    "아이폰",
    "रेडमी", // programs
];

/// Words for a telephone, which a person's sentence holds, too.
pub(crate) const PHONES: &[&str] = &[
    "phone",
    "smartphone",
    "mobile",
    "mobil",
    "telefon",
    "telefoon",
    "téléphone",
    "teléfono",
    "telefone",
    "handy",
    "unterwegs",
    "on the go",
    "tablet",
    "móvil",
    "movil",
    "celular",
    "cellulare",
    "puhelim",
    "телефон",
    "смартфон",
    "手机",
    "手機",
    "スマートフォン",
    "携帯",
    "휴대폰",
];

/// Programs that the lines offer.
pub(crate) const CLIENT_APPS: &[&str] = &[
    "outlook",
    "bluemail",
    "typeapp",
    "yahoo mail",
    "gmx",
    "web.de",
];

/// Where they run.
pub(crate) const PLATFORMS: &[&str] = &["ios", "android", "mac", "macos", "windows", "iphone"];

/// Words of getting a program.
pub(crate) const GET: &[&str] = &[
    "get ",
    "download",
    "beziehen",
    "holen sie sich",
    "herunter", // English, German
    "obtenez",
    "obtenir",
    "télécharger",
    "téléchargez", // French
    "obtener",
    "obtén",
    "descarg", // Spanish
    "obter ",
    "obtenha",
    "baixar",
    "baixe", // Portuguese
    "ottieni",
    "scarica", // Italian
    "ophalen",
    "downloaden", // Dutch
    "hämta",
    "skaffa",
    "ladda ner",
    "hent ",
    "få ",
    "last ned", // Scandinavian
    "hanki",
    "hae ",
    "lataa", // Finnish
    "pobierz",
    "uzyskaj", // Polish
    "získat",
    "získejte",
    "získajte",
    "stáhn",
    "stiahn", // Czech, Slovak
    "az outlook beszerzése",
    "letöltés", // Hungarian
    "obțineți",
    "descărc", // Romanian
    "edinin",
    "outlook'u edinin",
    "indir", // Turkish
    "скача",
    "получит",
    "загруз",
    "отримат",
    "завантаж",
    "вземете",
    "изтегл", // Cyrillic
    "preuzmi",
    "nabavite",
    "prenesi", // South Slavic
    "λήψη",
    "κατεβάστε", // Greek
    "الحصول",
    "תקבל",
    "קבל את",
    "הורד", // Arabic, Hebrew
    "入手",
    "获取",
    "取得",
    "下载",
    "下載",
    "다운로드",
    "가져오기", // East Asian
    "tải",
    "dapatkan",
    "unduh",
    "รับ",
    "ดาวน์โหลด", // South-East Asian
];

/// Where the links of such lines lead, whatever the language: Outlook's and Gmail's about themselves.
pub(crate) const CLIENT_LINKS: &[&str] = &["//aka.ms/", "google.com/gmail/about"];
