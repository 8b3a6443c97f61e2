//! Durations, times and `KEY=VALUE` as they are written on the command line.

use asterism_wire::Timestamp;
use std::time::{Duration, UNIX_EPOCH};

/// Reads `90s`, `15m`, `7d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "not a duration such as 90s, 15m or 7d".to_owned())
}

/// Reads a duration that is more than nothing.
pub(crate) fn lifetime(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("nothing lives for so short a time".to_owned()),
        duration => Ok(duration),
    }
}

/// Reads a duration, or a number of seconds.
pub(crate) fn seconds_or_duration(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => duration(text).map_err(|error| format!("neither seconds nor {}", &error["not ".len()..])),
    }
}

/// Reads a time in RFC 3339, UTC.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let wrong = || "not a time such as 2026-01-31T18:00:00Z".to_owned();
    let time = humantime::parse_rfc3339(text).map_err(|_| wrong())?;
    let since = time.duration_since(UNIX_EPOCH).map_err(|_| wrong())?;
    Ok(Timestamp(millis(since)))
}

/// In milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A setting: `KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Reads `KEY=VALUE`; the value may be empty or hold further `=`.
pub(crate) fn setting(text: &str) -> Result<Setting, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok(Setting { key: key.to_owned(), value: value.to_owned() }),
        _ => Err("not of the form KEY=VALUE".to_owned()),
    }
}

/// Takes the values of the known keys out of settings, each at most once.
#[derive(Debug)]
pub(crate) struct Settings(Vec<Setting>);

impl Settings {
    pub(crate) fn new(settings: Vec<Setting>) -> Self {
        Self(settings)
    }

    /// The first value given for `key`.
    pub(crate) fn take(&mut self, key: &str) -> Option<String> {
        let at = self.0.iter().position(|setting| setting.key == key)?;
        Some(self.0.remove(at).value)
    }

    /// Refuses what nobody took: an unknown key, or one that is given twice.
    pub(crate) fn finish(self, known: &[&str]) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some(setting) if known.contains(&setting.key.as_str()) => {
                Err(format!("{} is given twice", setting.key))
            }
            Some(setting) => Err(format!("{} cannot be set; what can is {}", setting.key, known.join(", "))),
        }
    }
}

/// The new name and description that settings give to a group or community.
pub(crate) fn name_and_description(settings: &[Setting]) -> Result<(Option<String>, Option<String>), String> {
    let mut settings = Settings::new(settings.to_vec());
    let given = (settings.take("name"), settings.take("description"));
    settings.finish(&["name", "description"])?;
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use std::fmt::Debug;

    fn check<T: Debug>(read: impl Fn(&str) -> Result<T, String>, texts: &[&str], expected: &Expect) {
        let line = |text: &&str| match read(text) {
            Ok(value) => format!("{text}: {value:?}\n"),
            Err(error) => format!("{text}: error: {error}\n"),
        };
        expected.assert_eq(&texts.iter().map(line).collect::<String>());
    }

    #[test]
    fn durations() {
        check(
            duration,
            &["90s", "15m", "7d", "1h 30m", "0s", "90", "-1s", "1x", ""],
            &expect![[r#"
            90s: 90s
            15m: 900s
            7d: 604800s
            1h 30m: 5400s
            0s: 0ns
            90: error: not a duration such as 90s, 15m or 7d
            -1s: error: not a duration such as 90s, 15m or 7d
            1x: error: not a duration such as 90s, 15m or 7d
            : error: not a duration such as 90s, 15m or 7d
        "#]],
        );
        check(
            lifetime,
            &["1ms", "0s", "0ms", "x"],
            &expect![[r#"
            1ms: 1ms
            0s: error: nothing lives for so short a time
            0ms: error: nothing lives for so short a time
            x: error: not a duration such as 90s, 15m or 7d
        "#]],
        );
        check(
            seconds_or_duration,
            &["20", "0", "15m", "-1", "x"],
            &expect![[r#"
            20: 20s
            0: 0ns
            15m: 900s
            -1: error: neither seconds nor a duration such as 90s, 15m or 7d
            x: error: neither seconds nor a duration such as 90s, 15m or 7d
        "#]],
        );
    }

    #[test]
    fn times() {
        check(
            time,
            &[
                "2026-01-31T18:00:00Z",
                "2026-01-31T18:00:00.250Z",
                "2026-02-30T18:00:00Z",
                "2026-01-31T18:00:00+01:00",
                "2026-01-31",
                "1969-01-01T00:00:00Z",
                "",
            ],
            &expect![[r#"
                2026-01-31T18:00:00Z: Timestamp(1769882400000)
                2026-01-31T18:00:00.250Z: Timestamp(1769882400250)
                2026-02-30T18:00:00Z: error: not a time such as 2026-01-31T18:00:00Z
                2026-01-31T18:00:00+01:00: error: not a time such as 2026-01-31T18:00:00Z
                2026-01-31: error: not a time such as 2026-01-31T18:00:00Z
                1969-01-01T00:00:00Z: error: not a time such as 2026-01-31T18:00:00Z
                : error: not a time such as 2026-01-31T18:00:00Z
            "#]],
        );
    }

    #[test]
    fn settings() {
        check(
            setting,
            &["name=A", "name=", "name=a=b", "name", "=a", ""],
            &expect![[r#"
            name=A: Setting { key: "name", value: "A" }
            name=: Setting { key: "name", value: "" }
            name=a=b: Setting { key: "name", value: "a=b" }
            name: error: not of the form KEY=VALUE
            =a: error: not of the form KEY=VALUE
            : error: not of the form KEY=VALUE
        "#]],
        );
    }

    #[test]
    fn settings_are_taken_once_and_only_known_ones() {
        let read = |text: &str| {
            let mut settings = Settings::new(text.split(' ').map(setting).collect::<Result<_, _>>()?);
            let name = settings.take("name");
            settings.finish(&["name"]).map(|()| name)
        };
        check(
            read,
            &["name=a", "name=a name=b", "colour=red"],
            &expect![[r#"
            name=a: Some("a")
            name=a name=b: error: name is given twice
            colour=red: error: colour cannot be set; what can is name
        "#]],
        );
    }
}
