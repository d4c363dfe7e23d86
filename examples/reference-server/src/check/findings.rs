//! What a check has found, for a terminal and for a page.

use std::fmt;
use std::fmt::Display;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use inreply::dns::doctor::Severity;
use inreply::dns::report::Verdict;

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Fault,
    Fine,
    /// It says more of the line before it.
    Hint,
    Unknown,
    Warning,
}

impl From<Option<Severity>> for Mark {
    fn from(severity: Option<Severity>) -> Self {
        match severity {
            Some(Severity::Error) => Self::Fault,
            Some(Severity::Warning) => Self::Warning,
            Some(Severity::Unknown) => Self::Unknown,
            Some(Severity::Info) | None => Self::Fine,
        }
    }
}

/// What was found of a part.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) mark: Mark,
    pub(crate) what: String,
    pub(crate) says: String,
}

/// For a terminal, in colours.
impl Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, color) = match self.mark {
            Mark::Fault => ("FAULT", Some(AnsiColor::Red)),
            Mark::Fine => ("ok", Some(AnsiColor::Green)),
            Mark::Hint => ("", None),
            Mark::Unknown => ("unknown", Some(AnsiColor::Magenta)),
            Mark::Warning => ("warning", Some(AnsiColor::Yellow)),
        };
        let style = Style::new().fg_color(color.map(Into::into));
        let (what, says) = (&self.what, &self.says);
        write!(f, "{style}{word:<8}{style:#} {what:<24} {says}")
    }
}

/// What was found, in the order in which it was looked at.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) lines: Vec<Line>,
    tell: fn(&Line),
}

impl Findings {
    /// They are kept.
    pub(crate) fn new() -> Self {
        Self::told(|_| {})
    }

    /// Each is told when it is found, too: some take long.
    pub(crate) fn told(tell: fn(&Line)) -> Self {
        Self {
            lines: Vec::new(),
            tell,
        }
    }

    pub(crate) fn say(&mut self, severity: Option<Severity>, what: &str, says: impl Display) {
        self.add(severity.into(), what, says);
    }

    pub(crate) fn hint(&mut self, what: &str, says: impl Display) {
        self.add(Mark::Hint, what, says);
    }

    /// A part that can be made, or not.
    pub(crate) fn part<T>(&mut self, what: &str, made: Result<T>, says: impl FnOnce(T) -> String) {
        match made {
            Ok(made) => self.say(None, what, says(made)),
            Err(error) => self.say(Some(Severity::Error), what, format_args!("{error:#}")),
        }
    }

    fn add(&mut self, mark: Mark, what: &str, says: impl Display) {
        let line = Line {
            mark,
            what: what.to_owned(),
            says: says.to_string(),
        };
        (self.tell)(&line);
        self.lines.push(line);
    }

    pub(crate) fn count(&self, mark: Mark) -> usize {
        self.lines.iter().filter(|line| line.mark == mark).count()
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match (self.count(Mark::Fault), self.count(Mark::Unknown)) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => Verdict::Indeterminate.exit_code(false).into(),
            _ => ExitCode::FAILURE,
        }
    }
}

/// What they come to.
impl Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [faults, warnings, unknown] =
            [Mark::Fault, Mark::Warning, Mark::Unknown].map(|mark| self.count(mark));
        write!(f, "{faults} faults, {warnings} warnings, {unknown} unknown")
    }
}
