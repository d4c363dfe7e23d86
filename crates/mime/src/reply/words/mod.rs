//! Word lists, by language: they come second to the generic rules, and confirm what those leave open.
//!
//! All entries are lower case. To add a language, add what its mail programs write: the verb that ends an attribution,
//! the labels of a header block, the titles of quoted and forwarded messages, the client signature.

mod client;
mod closing;
mod labels;

pub(crate) use client::{
    CLIENT, CLIENT_APPS, CLIENT_END, CLIENT_LINKS, CLIENT_SOURCE, CLIENT_VERBS, DEVICES, EXCUSE,
    GET, PHONES, PLATFORMS, WHEN,
};
pub(crate) use closing::{
    BANNER_LINKS, BEWARE, COMPANY, COMPANY_NUMBER, DISCLAIMER, ENVIRONMENT, LEAVE, OUTSIDE, PRINT,
    SCANNED, SCANNER, TAGS, THIS_MESSAGE,
};
pub(crate) use labels::{FROM, SENT, SUBJECT, TO};

/// Verbs that end an attribution, before or without the final colon.
pub(crate) const WROTE: &[&str] = &[
    "wrote",
    "writes",
    "sent",
    "said",
    "replied",
    "commented", // English
    "schrieb",
    "geschrieben", // German
    "a écrit",
    "écrit",
    "a ecrit",
    "écrivait", // French
    "escribió",
    "escribio",
    "ha escrito", // Spanish
    "escreveu",
    "escreve", // Portuguese
    "ha scritto",
    "scrive",
    "scritto", // Italian
    "schreef",
    "geschreven", // Dutch
    "skrev",
    "skrev följande",
    "har skrevet",
    "skrifaði",  // Scandinavian
    "kirjoitti", // Finnish
    "napisał",
    "napisała",
    "napisał(a)",
    "pisze", // Polish
    "napsal",
    "napsal(a)",
    "napsala",
    "napísal",
    "napísal(a)",
    "píše", // Czech, Slovak
    "írta", // Hungarian
    "a scris",
    "scris", // Romanian
    "yazdı",
    "şunları yazdı", // Turkish
    "написал",
    "написала",
    "пишет",
    "написал(а)",
    "писал(а)",
    "вы писали", // Russian
    "написав",
    "пише",
    "написав(ла)",
    "написала", // Ukrainian
    "написа",   // Bulgarian, Serbian
    "je napisao",
    "je napisala",
    "napisao",
    "napisala",
    "napisal",
    "je napisal/a", // Croatian, Slovene
    "έγραψε",       // Greek
    "kirjutas",
    "rakīja",
    "rakstīja",
    "rašė",
    "parašė", // Baltic
    "ha escrit",
    "va escriure", // Catalan
    "đã viết",     // Vietnamese
    "menulis",     // Indonesian, Malay
    "เขียน",
    "เขียนว่า", // Thai
    "הֵאת",
    "כתב",
    "כתב/ה", // Hebrew
    "كتب",
    "كتبت", // Arabic
    "写道",
    "寫道",
    "写", // Chinese
    "のメッセージ",
    "書きました",
    "書いた", // Japanese
    "작성",
    "작성함",
    "님이 작성", // Korean
];

/// Words for a person that stand in no attribution, as they are written there: `ti` is a Finnish Tuesday, `je` a Croatian
/// "has", and both are missing.
pub(crate) const SPEAKER: &[&str] = &[
    "I",
    "we",
    "my",
    "our",
    "your",
    "me",
    "us",
    "please", // English
    "ich",
    "wir",
    "mir",
    "uns",
    "Ihnen",
    "Ihr",
    "Ihre",
    "Ihrem",
    "Ihren",
    "unser",
    "unsere",
    "mein",
    "meine",
    "bitte", // German
    "nous",
    "vous",
    "votre",
    "notre",
    "j'ai",
    "j\u{2019}ai", // French
    "yo",
    "nosotros",
    "nos",
    "nuestro",
    "nuestra", // Spanish
    "nostro",
    "nostra",
    "vostro",
    "vostra", // Italian
    "eu",
    "nosso",
    "nossa", // Portuguese
    "ik",
    "wij",
    "mijn",
    "onze",
    "uw", // Dutch
    "jag",
    "jeg",
    "vår",
    "vores",
    "min", // Scandinavian
    "мы",
    "вам",
    "наш",
    "ваш", // Russian
];

/// The writer in a sentence of the writer's. Words that are others elsewhere are missing, as the French `je`.
pub(crate) const FIRST_PERSON: &[&str] = &[
    "I",
    "I'm",
    "I've",
    "I\u{2019}m",
    "I\u{2019}ve",
    "me",
    "we", // English
    "ich",
    "mich",
    "mir",
    "wir", // German
    "j'ai",
    "j\u{2019}ai",
    "moi",
    "nous", // French
    "yo",
    "io",
    "eu", // Spanish, Italian, Portuguese
    "ik",
    "wij",
    "mij", // Dutch
    "jag",
    "jeg",
    "meg",
    "mig", // Scandinavian
    "я",
    "мне",
    "меня",
    "мы", // Russian
];

/// The same where they open a sentence.
pub(crate) const FIRST_PERSON_OPENS: &[&str] = &[
    "We",
    "Ich",
    "Wir",
    "J'ai",
    "J\u{2019}ai",
    "Nous",
    "Yo",
    "Io",
    "Eu",
    "Ik",
    "Wij",
    "Jag",
    "Jeg",
    "Я",
    "Мы",
];

/// Others who do something.
pub(crate) const OTHERS: &[&str] = &["he", "she", "it", "they", "er", "hij", "он"];

/// Articles: before a verb of writing they begin what a person says of somebody.
pub(crate) const ARTICLE: &[&str] = &["the", "eine", "einer", "une", "una", "uma"];

/// Words before the date of an attribution; they open one.
pub(crate) const ON: &[&str] = &[
    "on ", "at ", "am ", "le ", "el ", "em ", "il ", "in data ", "op ", "den ", "på ", "w dniu ",
    "dnia ", "dne ", "dňa ", "在 ", "於 ", "vào ", "pada ", "la ",
];

/// Titles of a quoted message, between rules of dashes.
pub(crate) const ORIGINAL: &[&str] = &[
    "original message",
    "original appointment",
    "reply message",
    "reply",
    "original e-mail",
    "original email",
    "original mail",
    "ursprüngliche nachricht",
    "ursprüngliche mail",
    "originalnachricht",
    "original-nachricht",
    "original nachricht",
    "message d'origine",
    "message d’origine",
    "message original",
    "message initial",
    "mensaje original",
    "mensagem original",
    "messaggio originale",
    "messaggio di origine",
    "oorspronkelijk bericht",
    "origineel bericht",
    "oprindelig meddelelse",
    "oprindelig besked",
    "opprinnelig melding",
    "ursprungligt meddelande",
    "originalmeddelande",
    "alkuperäinen viesti",
    "wiadomość oryginalna",
    "oryginalna wiadomość",
    "původní zpráva",
    "původní e-mail",
    "pôvodná správa",
    "eredeti üzenet",
    "mesaj original",
    "mesajul inițial",
    "orijinal mesaj",
    "исходное сообщение",
    "исходное письмо",
    "оригінальне повідомлення",
    "αρχικό μήνυμα",
    "原始邮件",
    "原邮件",
    "原始郵件",
    "元のメッセージ",
    "原文",
    "원본 메시지",
    "tin nhắn gốc",
    "pesan asli",
    "antwort",
    "réponse",
    "izvorna poruka",
    "originalna poruka",
    "algne kiri",
    "missatge original",
    "quoted text",
    "previous message",
];

/// Titles of a forwarded message.
pub(crate) const FORWARDED: &[&str] = &[
    "forwarded message",
    "begin forwarded message",
    "forwarded by",
    "forwarded mail",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail",
    "message transféré",
    "début du message transféré",
    "début du message réexpédié",
    "mensaje reenviado",
    "inicio del mensaje reenviado",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "início da mensagem encaminhada",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "videresendt meddelelse",
    "videresendt melding",
    "vidarebefordrat meddelande",
    "vidarebefordrat brev",
    "välitetty viesti",
    "edelleenlähetetty viesti",
    "wiadomość przekazana dalej",
    "przekazana wiadomość",
    "přeposlaná zpráva",
    "preposlaná správa",
    "továbbított üzenet",
    "mesaj redirecționat",
    "iletilen mesaj",
    "yönlendirilmiş ileti",
    "пересланное сообщение",
    "пересылаемое сообщение",
    "переслане повідомлення",
    "转发邮件",
    "转发的邮件",
    "轉寄郵件",
    "転送メッセージ",
    "轉送メッセージ",
    "전달된 메시지",
    "proslijeđena poruka",
    "missatge reenviat",
];

/// Subject prefixes of a forward.
pub(crate) const FORWARD_SUBJECT: &[&str] = &[
    "fwd:", "fw:", "wg:", "tr:", "rv:", "enc:", "i:", "doorst:", "vb:", "vl:", "pd:", "fs:",
    "转发:", "轉寄:", "ilt:", "πρθ:",
];

/// What asks a reader to answer above it.
pub(crate) const ABOVE: &[&str] = &[
    "reply above this line",
    "reply above",
    "your reply above this line",
    "above this line",
    "respond above this line",
    "answer above this line",
    "antworten sie oberhalb",
    "oberhalb dieser zeile",
    "au-dessus de cette ligne",
    "encima de esta línea",
    "acima desta linha",
    "sopra questa linea",
    "boven deze regel",
    "boven deze lijn",
    "ovenfor denne linje",
    "ovanför denna rad",
    "powyżej tej linii",
    "выше этой линии",
];

/// English month and weekday heads, for a date without a year.
pub(crate) const CALENDAR: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon",
    "tue", "wed", "thu", "fri", "sat", "sun",
];
