//! Jobs and CronJobs.

use super::Shape;
use super::rule::{Rule, Table};
use crate::schema::formats;

const COUNT: &[Rule] = &[Rule::Between(0, i32::MAX as i64)];

pub(super) const JOB_OBJECT: Table = &[("", &[Rule::Needs(&["spec"])]), ("spec", &[Rule::Shape(Shape::Job)])];

pub(super) const CRON_JOB: Table = &[
    ("", &[Rule::Needs(&["spec"])]),
    ("spec", &[Rule::Needs(&["schedule", "jobTemplate"])]),
    ("spec.jobTemplate", &[Rule::Needs(&["spec"])]),
    ("spec.schedule", &[Rule::NotEmpty]),
    ("spec.timeZone", &[Rule::Filled(formats::time_zone)]),
    ("spec.startingDeadlineSeconds", COUNT),
    ("spec.successfulJobsHistoryLimit", COUNT),
    ("spec.failedJobsHistoryLimit", COUNT),
    ("spec.jobTemplate.spec", &[Rule::Shape(Shape::Job)]),
];

pub(super) const JOB: Table = &[
    ("", &[Rule::Needs(&["template"])]),
    ("parallelism", COUNT),
    ("completions", COUNT),
    ("activeDeadlineSeconds", &[Rule::Between(0, i64::MAX)]),
    ("backoffLimit", COUNT),
    ("backoffLimitPerIndex", COUNT),
    ("maxFailedIndexes", &[Rule::Between(0, 100_000)]),
    ("ttlSecondsAfterFinished", COUNT),
    ("completionMode", &[Rule::OneOf(&["NonIndexed", "Indexed"])]),
    ("podFailurePolicy.rules", &[Rule::Most(20)]),
    ("podFailurePolicy.rules[]", &[Rule::One(&["onExitCodes", "onPodConditions"])]),
    ("podFailurePolicy.rules[].onExitCodes.values", &[Rule::NotEmpty, Rule::Most(255), Rule::Distinct("")]),
    ("podFailurePolicy.rules[].onPodConditions", &[Rule::Most(20)]),
    ("podFailurePolicy.rules[].onPodConditions[].type", &[Rule::Filled(formats::qualified_name)]),
    ("podFailurePolicy.rules[].onPodConditions[].status", &[Rule::OneOf(&["True", "False", "Unknown", ""])]),
    ("successPolicy.rules", &[Rule::NotEmpty, Rule::Most(20)]),
    ("successPolicy.rules[].succeededCount", COUNT),
    ("template", &[Rule::Shape(Shape::PodTemplate)]),
];
