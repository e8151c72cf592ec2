//! Schedules of CronJobs, as github.com/robfig/cron reads them.

use ecow::eco_format;

use super::below;
use crate::schema::Target;
use crate::schema::report::Report;

pub(super) fn check(target: &Target<'_>, report: &mut Report<'_>) {
    if (target.gvk.group.as_str(), target.gvk.kind.as_str()) != ("batch", "CronJob") {
        return;
    }
    let Some(node) = below(target.node, &["spec", "schedule"]) else { return };
    let Some(schedule) = node.as_str() else { return };
    if let Some(why) = wrong(schedule) {
        report.error(node, "rule-schedule", eco_format!("the schedule `{schedule}` {why}"));
    }
}

const FIELDS: [(&str, u32, u32, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day of the month", 1, 31, &[]),
    ("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("day of the week", 0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

fn wrong(schedule: &str) -> Option<String> {
    if schedule.contains("TZ") {
        return Some("must not name a time zone: use `timeZone`".into());
    }
    if let Some(word) = schedule.strip_prefix('@') {
        const WORDS: [&str; 7] = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"];
        let known = WORDS.contains(&word) || word.strip_prefix("every ").is_some_and(|time| !time.is_empty());
        return (!known).then(|| "is no known word".into());
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != 5 {
        return Some(format!("has {} fields, it needs 5", fields.len()));
    }
    let bad = fields.iter().zip(FIELDS).find(|(text, (_, low, high, names))| {
        !text.split(',').filter(|part| !part.is_empty()).all(|part| range(part, *low, *high, names))
    });
    bad.map(|(text, (what, ..))| format!("has no valid {what}: `{text}`"))
}

/// `*`, `n`, `n-m`, each with `/step`.
fn range(part: &str, low: u32, high: u32, names: &[&str]) -> bool {
    let (range, step) = part.split_once('/').map_or((part, "1"), |(range, step)| (range, step));
    let number = |text: &str| {
        let name = names.iter().position(|name| text.eq_ignore_ascii_case(name)).and_then(|i| u32::try_from(i).ok());
        name.map(|i| i + low).or_else(|| text.parse().ok())
    };
    let step = step.parse::<u32>().is_ok_and(|step| step > 0);
    if matches!(range, "*" | "?") {
        return step;
    }
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let ends = number(first).zip(number(last));
    step && ends.is_some_and(|(first, last)| low <= first && first <= last && last <= high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_the_controller_reads_them() {
        for ok in ["* * * * *", "*/5 0-6 1,15 jan-mar MON", "@daily", "@every 1h", "0 0 ? * 0", "5/10 * * * *"] {
            assert_eq!(wrong(ok), None, "{ok}");
        }
        for bad in [
            "* * * *",
            "60 * * * *",
            "* * * * 7",
            "@sometimes",
            "*/0 * * * *",
            "TZ=UTC * * * * *",
            "a * * * *",
            "5-1 * * * *",
        ] {
            assert!(wrong(bad).is_some(), "{bad}");
        }
    }
}
