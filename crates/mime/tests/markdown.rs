//! HTML replies as Markdown.

use inreply_mime::Reply;

const CASES: &[(&str, &str, &str)] = &[
    (
        "emphasis",
        "<p><b>Not</b> <i>that</i> <s>lid</s>.",
        "**Not** *that* ~~lid~~.",
    ),
    (
        "spaces belong outside",
        "one<b> two </b>three",
        "one **two** three",
    ),
    (
        "nested",
        "<b><i>both</i></b> and <b>a <i>b</i></b>",
        "***both*** and **a *b***",
    ),
    ("empty", "a<b> </b>b<i></i>", "a b"),
    ("over paragraphs", "<b><p>one<p>two</b>", "one\n\ntwo"),
    (
        "link",
        "see <a href='https://example.com/a_(b)'>the box</a>.",
        "see [the box](https://example.com/a_%28b%29).",
    ),
    (
        "link that shows itself",
        "<a href='https://example.com/'>https://example.com/</a>",
        "https://example.com/",
    ),
    (
        "link to nowhere",
        "<a href='javascript:alert(1)'>a</a> <a href='mailto:reply+abc@example.com'>b</a>",
        "a b",
    ),
    (
        "line end in a link",
        "<a href='https://example.com/&#10;x'>a</a>",
        "[a](https://example.com/x)",
    ),
    (
        "list",
        "<ul><li>one<li>two <b>three</b></ul>",
        "- one\n- two **three**",
    ),
    (
        "numbered",
        "<ol><li>one</li><li>two</li></ol>after",
        "1. one\n2. two\n\nafter",
    ),
    (
        "list in list",
        "<ul><li>one<ol><li>two<li>three</ol><li>four</ul>",
        "- one\n  1. two\n  2. three\n- four",
    ),
    (
        "code",
        "use <code>a_b*c</code>, not <code>x`y</code>",
        "use `a_b*c`, not ``x`y``",
    ),
    (
        "block of code",
        "<p>This:<pre>if a_b {\n    c * d\n}</pre><p>Yes.",
        "This:\n```\nif a_b {\n    c * d\n}\n```\n\nYes.",
    ),
    (
        "block with a fence in it",
        "<pre>```\nx\n```</pre>",
        "````\n```\nx\n```\n````",
    ),
    ("heading", "<h2>Lid</h2><p>gone", "## Lid\n\ngone"),
    (
        "lines",
        "Regards,<br>Ann<br><br>Field",
        "Regards,  \nAnn\n\nField",
    ),
    (
        "the writer's quote",
        "<p>You said<blockquote class=gmail_quote>one<br>two</blockquote><p>and that is it.",
        "You said\n> one  \n> two\n\nand that is it.",
    ),
    (
        "what looks like a mark",
        "1 * 2 * 3, [x], a_b_c, _d_, `e`, \\, &lt;b&gt;",
        "1 \\* 2 \\* 3, \\[x], a_b_c, \\_d\\_, \\`e\\`, \\\\, \\<b>",
    ),
    (
        "what looks like a heading",
        "# 7 is broken",
        "\\# 7 is broken",
    ),
    (
        "a rule is no heading",
        "one<hr>two",
        "one\n\n--------  \ntwo",
    ),
    (
        "a quote below is cut, marks and all",
        "<div>It <b>turned</b> up.</div><div class=gmail_quote>On 3 May 2024, <b>Bob</b> wrote:<blockquote>Where?</blockquote></div>",
        "It **turned** up.",
    ),
    (
        "a list above a quote stays",
        "<div>It is in:</div><ul><li>2 * 3 boxes<li>a tin</ul><div class=gmail_quote>On Monday Ann wrote: <blockquote>Where?</blockquote></div>",
        "It is in:\n- 2 \\* 3 boxes\n- a tin",
    ),
    ("nothing", "", ""),
];

#[test]
fn html_as_markdown() {
    for (name, html, expected) in CASES {
        assert_eq!(Reply::of_html(html).markdown(), *expected, "{name}");
    }
}

#[test]
fn own_addresses_do_not_come_back() {
    let html =
        "<p>Write to <b>reply+abc@reply.example.com</b> or <a href='https://example.com'>here</a>.";
    let markdown = Reply::of_html(html).markdown_without(|address| address.starts_with("reply+"));
    assert_eq!(markdown, "Write to  or [here](https://example.com).");
}
