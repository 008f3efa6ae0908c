//! Draws what a terminal shows as a picture (SVG 2): a fixed grid, the few colours that reports use, no font of its own.

use std::fmt::Write as _;

/// Width and height of a character, and the space around the text, in pixels.
const CELL: f64 = 8.4;
const LINE: f64 = 19.0;
const EDGE: f64 = 18.0;

/// How a run of characters looks.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Look {
    colour: Option<u8>,
    bold: bool,
    dim: bool,
    underlined: bool,
}

impl Look {
    /// Follows a sequence of SGR parameters (ECMA-48 §8.3.117).
    fn after(mut self, parameters: &str) -> Self {
        for parameter in parameters.split(';') {
            match parameter.parse::<u8>().unwrap() {
                0 => self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                4 => self.underlined = true,
                colour @ 30..=37 => self.colour = Some(colour - 30),
                colour @ 90..=97 => self.colour = Some(colour - 90),
                other => panic!("SGR {other} is not drawn yet"),
            }
        }
        self
    }

    fn style(self) -> String {
        const COLOURS: [&str; 8] =
            ["#6b7280", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc"];
        let plain = if self.dim { "#9198a1" } else { "#dbe1e8" };
        let mut style = format!("fill=\"{}\"", self.colour.map_or(plain, |colour| COLOURS[usize::from(colour)]));
        if self.bold {
            style.push_str(" font-weight=\"700\"");
        }
        if self.underlined {
            style.push_str(" text-decoration=\"underline\"");
        }
        style
    }
}

/// The picture of a command and what it printed, with escape sequences for colours.
pub(crate) fn draw(title: &str, command: &str, printed: &str) -> String {
    let prompt = format!("\u{1b}[32;1m$\u{1b}[0m \u{1b}[1m{command}\u{1b}[0m");
    let lines: Vec<Vec<(String, Look)>> = {
        let mut look = Look::default();
        [prompt.as_str(), ""].into_iter().chain(printed.lines()).map(|line| runs(line, &mut look)).collect()
    };
    let length = |line: &Vec<(String, Look)>| line.iter().map(|(text, _)| text.chars().count()).sum::<usize>();
    let columns = lines.iter().map(length).max().unwrap_or_default();
    let width = columns as f64 * CELL + 2.0 * EDGE;
    let height = lines.len() as f64 * LINE + 2.0 * EDGE + 22.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" role=\"img\" \
         aria-label=\"{title}\">\n<title>{title}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"#0d1117\"/>\n"
    );
    for (number, colour) in ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate() {
        let _ = writeln!(svg, "<circle cx=\"{}\" cy=\"18\" r=\"6\" fill=\"{colour}\"/>", 22 + 20 * number);
    }
    svg.push_str("<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace\" font-size=\"14\">\n");
    for (number, line) in lines.iter().enumerate() {
        let y = (number as f64 + 1.0) * LINE + EDGE + 16.0;
        let mut column = 0;
        for (text, look) in line {
            words(&mut svg, text, *look, column, y);
            column += text.chars().count();
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Writes a run, each stretch without two spaces in a row at its own place: so the columns stand whatever the font is.
fn words(svg: &mut String, text: &str, look: Look, column: usize, y: f64) {
    let mut at = column;
    for piece in text.split("  ") {
        let length = piece.chars().count();
        let trimmed = piece.trim_start();
        let start = at + (length - trimmed.chars().count());
        let shown = trimmed.trim_end();
        if !shown.is_empty() {
            let (x, wide) = (start as f64 * CELL + EDGE, shown.chars().count() as f64 * CELL);
            let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.0}\" textLength=\"{wide:.1}\" lengthAdjust=\"spacingAndGlyphs\" {}>{escaped}</text>",
                look.style()
            );
        }
        at += length + 2;
    }
}

/// The runs of one look in a line.
fn runs(line: &str, look: &mut Look) -> Vec<(String, Look)> {
    let mut found = Vec::new();
    for (number, piece) in line.split("\u{1b}[").enumerate() {
        let text = match number {
            0 => piece,
            _ => {
                let (parameters, text) = piece.split_once('m').unwrap();
                *look = look.after(parameters);
                text
            }
        };
        if !text.is_empty() {
            found.push((text.to_owned(), *look));
        }
    }
    found
}
