//! A small chart, made here.

use std::fmt::Write;

const WIDTH: usize = 720;
const HEIGHT: u64 = 120;

/// Bars as SVG: one a value, with its number above and a title for those who hear it.
pub(super) fn bars(title: &str, values: &[u64]) -> String {
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let step = WIDTH / values.len().max(1);
    let all: u64 = values.iter().sum();
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{title}: {all}\"><line x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\"/>",
        HEIGHT + 16
    );
    for (number, value) in values.iter().enumerate() {
        let (x, height) = (number * step + 2, value * (HEIGHT - 16) / most);
        let y = HEIGHT - height;
        // Writing to a string cannot fail.
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{height}\"/>",
            step - 4
        );
        if *value > 0 {
            let _ = write!(svg, "<text x=\"{x}\" y=\"{}\">{value}</text>", y - 3);
        }
    }
    let _ = write!(
        svg,
        "<text x=\"0\" y=\"{0}\">-24 h</text><text x=\"{1}\" y=\"{0}\">0 h</text></svg>",
        HEIGHT + 13,
        WIDTH - 24
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_has_the_height() {
        let svg = bars("Messages", &[0, 2, 4]);
        assert!(svg.contains("aria-label=\"Messages: 6\""));
        assert!(svg.contains("height=\"104\"") && svg.contains("height=\"52\""));
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(bars("none", &[0; 24]).contains("height=\"0\""));
    }
}
