// SPDX-License-Identifier: BSD-2-Clause

//! SVG elements, as text.

use std::fmt::Write;

/// A drawing in the making. Writing to a String cannot fail, so results are
/// dropped.
#[derive(Default)]
pub struct Canvas(String);

/// Text anchors.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// Starts there.
    Start,
    /// Centred there.
    Middle,
}

impl Canvas {
    /// A box of class `class`.
    pub fn rect(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), class: &str) {
        let _ = writeln!(
            self.0,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"
        );
    }

    /// A line of class `class`.
    pub fn line(&mut self, (x1, y1): (i32, i32), (x2, y2): (i32, i32), class: &str) {
        let _ = writeln!(
            self.0,
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"
        );
    }

    /// Text of class `class`; `y` is the base line.
    pub fn text(&mut self, (x, y): (i32, i32), anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
        };
        let _ = writeln!(
            self.0,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>",
            escape(text)
        );
    }

    /// A round mark with a letter or arrow in it, explained on hovering.
    pub fn mark(&mut self, (x, y): (i32, i32), class: &str, letter: &str, hover: &str) {
        let _ = writeln!(
            self.0,
            "<g><title>{}</title><circle class=\"mark {class}\" cx=\"{x}\" cy=\"{y}\" r=\"10\"/>\
             <text class=\"letter\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            escape(hover),
            y + 4,
            escape(letter)
        );
    }

    /// The whole file.
    pub fn finish(self, (width, height): (i32, i32), title: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n{}</svg>\n",
            escape(title),
            self.0
        )
    }
}

const STYLE: &str = "
text { font-family: sans-serif; font-size: 12px; fill: #222; }
.paper { fill: #fff; }
.title { font-size: 18px; font-weight: bold; }
.name { font-size: 13px; font-weight: bold; }
.small { font-size: 11px; fill: #555; }
.guest { fill: #fdf3dc; stroke: #b98a1d; }
.domain { fill: #e4eefb; stroke: #3b6ea8; }
.bar { fill: #eef1f5; stroke: #8a97a8; }
.memory { fill: #dff2e1; stroke: #3d8b48; }
.wire { stroke: #b8c0ca; stroke-width: 1; }
.link { stroke: #3d8b48; stroke-width: 2; }
.trap { stroke: #b98a1d; stroke-width: 2; }
.pair { stroke: #8a97a8; stroke-width: 1.5; }
.mark { stroke: #fff; stroke-width: 1.5; }
.calls { fill: #1f5fbf; }
.signals { fill: #d9730d; }
.controls { fill: #8b3fb0; }
.shares { fill: #3d8b48; }
.reads { fill: #93c79a; }
.withheld { fill: #b03a3a; }
.letter { fill: #fff; font-size: 11px; font-weight: bold; }
";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_markup() {
        let mut canvas = Canvas::default();
        canvas.text((0, 0), Anchor::Start, "name", "<b>&");
        let text = canvas.finish((1, 1), "<t>");
        assert!(text.contains("&lt;b&gt;&amp;") && text.contains("&lt;t&gt;"));
    }
}
