//! format=flowed undone (RFC 3676).

/// Joins flowed lines into paragraphs; quote marks stay, one `>` a level and a space.
///
/// A line that ends in a space flows into the next of the same quote depth (§4.2); the signature line `-- ` never
/// flows (§4.3); a leading space is stuffing (§4.4). With `delsp` the trailing space goes too.
pub(crate) fn unflow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The depth of the paragraph that is still open.
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let depth = line.bytes().take_while(|&b| b == b'>').count();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        let signature = content == "-- ";
        if open.is_some_and(|paragraph| paragraph != depth || signature) {
            out.push('\n');
            open = None;
        }
        if open.is_none() && depth > 0 {
            out.extend(std::iter::repeat_n('>', depth));
            out.push(' ');
        }
        let flows = content.ends_with(' ') && !signature;
        if flows && delsp {
            out.push_str(&content[..content.len() - 1]);
        } else {
            out.push_str(content);
        }
        if flows {
            open = Some(depth);
        } else {
            out.push('\n');
            open = None;
        }
    }
    if open.is_some() {
        out.push('\n');
    }
    if !text.ends_with('\n') && out.ends_with('\n') {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3676_section_4() {
        let cases: &[(&str, bool, &str)] = &[
            (
                "one \r\nparagraph\r\nnext\r\n",
                false,
                "one paragraph\nnext\n",
            ),
            (
                "> quoted \r\n> text\r\nanswer\r\n",
                false,
                "> quoted text\nanswer\n",
            ),
            ("> a \r\n>> b\r\n", false, "> a \n>> b\n"),
            (" From stuffed\r\n", false, "From stuffed\n"),
            ("text \r\n-- \r\nsig", false, "text \n-- \nsig"),
            ("del \r\nsp", true, "delsp"),
            ("open ", false, "open "),
            ("", false, ""),
            ("\r\n\r\n", false, "\n\n"),
        ];
        for (input, delsp, expected) in cases {
            assert_eq!(unflow(input, *delsp), *expected, "{input:?}");
        }
    }
}
