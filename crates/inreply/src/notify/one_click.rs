//! One click to unsubscribe (RFC 8058): the address of the page, and what is posted to it.

use inreply_token::{Context, Day, Opened};

use crate::gate::Gate;
use crate::site::WebUrl;

/// The value of List-Unsubscribe-Post, and what a mail provider posts as a form (RFC 8058 §3.1).
pub(super) const VALUE: &str = "List-Unsubscribe=One-Click";

/// The longest form that is looked at, in octets: the one field has 26.
const MAX_FORM: usize = 4_096;

/// Where one click on "unsubscribe" is posted to: `URL/u/TOKEN`, below the public URL of the site.
pub(super) fn url(public: &WebUrl, token: &inreply_token::Address) -> String {
    let public = public.as_str().trim_end_matches('/');
    format!("{public}/u/{}", token.token())
}

/// What a request at `URL/u/TOKEN` asks for.
///
/// A product serves that path without asking who is there: "the mail receiver … MUST NOT include … any context", no cookie, no
/// login (RFC 8058 §3.2). A GET shows a page with a button and changes nothing, for programs that look for viruses follow
/// links; a POST is done at once.
///
/// ```
/// use inreply::gate::Gate;
/// use inreply::notify::{OneClickError, one_click};
/// use inreply::site::Site;
/// use inreply_token::{Context, Day, Key, KeyId, KeyRing};
///
/// let gate = Gate::new(Site::new("forge.example")?, &KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32])?));
/// let today = Day::from_unix_seconds(1_800_000_000);
/// let address = gate.addresses().mint(Context::Unsubscribe, (7, 5), today)?;
/// let opened = one_click(&gate, address.token(), b"List-Unsubscribe=One-Click", today)?;
/// assert_eq!(opened.ids.pair(), Some((7, 5)));
/// assert_eq!(one_click(&gate, address.token(), b"", today), Err(OneClickError::Form));
/// assert_eq!(one_click(&gate, "forged", b"List-Unsubscribe=One-Click", today), Err(OneClickError::Token));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`OneClickError::Token`] where the token does not open or is of another use, [`OneClickError::Form`] where the form is not
/// the one of RFC 8058, or longer than 4,096 octets.
pub fn one_click(
    gate: &Gate,
    token: &str,
    form: &[u8],
    today: Day,
) -> Result<Opened, OneClickError> {
    let opened = gate.addresses().open(token, today);
    let opened = opened.map_err(|_| OneClickError::Token)?;
    if opened.context != Context::Unsubscribe {
        return Err(OneClickError::Token);
    }
    let has_value = |form: &[u8]| {
        form.windows(VALUE.len())
            .any(|part| part == VALUE.as_bytes())
    };
    // application/x-www-form-urlencoded has it as it is; multipart/form-data has the name and the value apart.
    let is_multipart = |form: &[u8]| {
        let text = String::from_utf8_lossy(form);
        text.contains("name=\"List-Unsubscribe\"") && text.contains("\r\n\r\nOne-Click\r\n")
    };
    if form.len() > MAX_FORM || !(has_value(form) || is_multipart(form)) {
        return Err(OneClickError::Form);
    }
    Ok(opened)
}

/// Why a request unsubscribes nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OneClickError {
    /// What was posted is not `List-Unsubscribe=One-Click`: answer 400.
    #[error("the form is not that of one click")]
    Form,
    /// The token does not open: answer 404.
    #[error("the token unsubscribes nobody")]
    Token,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;
    use inreply_token::{Key, KeyId, KeyRing};

    #[test]
    fn both_forms_and_no_other_token() {
        let ring = KeyRing::new(KeyId(1), Key::from_bytes(&[7; 32]).unwrap());
        let gate = Gate::new(Site::new("forge.example").unwrap(), &ring);
        let today = Day::from_unix_seconds(1_800_000_000);
        let mint = |context| gate.addresses().mint(context, (7, 5), today).unwrap();
        let (unsubscribe, reply) = (mint(Context::Unsubscribe), mint(Context::Reply));
        let multipart = b"--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
        assert!(one_click(&gate, unsubscribe.token(), multipart, today).is_ok());
        let form = VALUE.as_bytes();
        assert_eq!(
            one_click(&gate, reply.token(), form, today),
            Err(OneClickError::Token)
        );
        let long = [form, &[b' '; 5_000]].concat();
        assert_eq!(
            one_click(&gate, unsubscribe.token(), &long, today),
            Err(OneClickError::Form)
        );
        let public = "https://forge.example/mail/".parse().unwrap();
        assert_eq!(
            url(&public, &unsubscribe),
            format!("https://forge.example/mail/u/{}", unsubscribe.token())
        );
    }
}
