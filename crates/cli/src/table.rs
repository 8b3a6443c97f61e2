//! Aligned columns for people, and names of others that cannot play tricks with the terminal.

/// Rows of the same number of cells; the first row is the heading.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let heading: Vec<String> = heading.iter().map(|&cell| cell.to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(&heading)
        .chain(rows)
        .map(|row| row.iter().map(|cell| one_line(cell)).collect())
        .collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..heading.len()).map(|column| width(column).unwrap_or(0)).collect();
    rows.iter().map(|row| aligned(row, &widths)).collect()
}

/// One line per pair, the values below one another.
pub(crate) fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    pairs.iter().map(|(name, value)| aligned(&[(*name).to_owned(), one_line(value)], &[width, 0])).collect()
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("{}\n", cells.join("  ").trim_end())
}

/// As one line, and harmless.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { visible(c) }).collect()
}

/// Harmless, with its line breaks; each line begins with `indent`.
pub(crate) fn indented(text: &str, indent: &str) -> String {
    let line = |line: &str| {
        let line: String = line.chars().map(|c| if c == '\t' { c } else { visible(c) }).collect();
        format!("{indent}{line}\n")
    };
    text.lines().map(line).collect()
}

/// Control characters command the terminal, and those that turn the direction of writing let text look like another.
fn visible(c: char) -> char {
    let turns_direction =
        matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || turns_direction { char::REPLACEMENT_CHARACTER } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_space() {
        let rows = [vec!["é".into(), "1".into()], vec!["long".into(), String::new()]];
        expect![[r#"
            NAME  N
            é     1
            long
        "#]]
        .assert_eq(&table(&["NAME", "N"], &rows));
        expect![[r#"
            account  a
            name     b c
        "#]]
        .assert_eq(&pairs(&[("account", "a".into()), ("name", "b\nc".into())]));
    }

    #[test]
    fn what_others_write_cannot_command_the_terminal() {
        assert_eq!(one_line("a\u{1b}[31mb\u{9b}c\u{202e}d\r\n"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d\u{fffd} ");
        assert_eq!(indented("a\u{1b}\n\tb", "> "), "> a\u{fffd}\n> \tb\n");
    }
}
