//! HorizontalPodAutoscalers and PodDisruptionBudgets.

use super::Shape;
use super::rule::{Rule, Table};
use crate::schema::formats;

const SEGMENT: &[Rule] = &[Rule::Filled(formats::path_segment)];
const TARGET_SHAPE: &[Rule] = &[Rule::Shape(Shape::MetricTarget)];
const WINDOW: &[Rule] = &[Rule::Between(0, 3600)];
const PERIOD: &[Rule] = &[Rule::Between(1, 1800)];
const AMOUNT: &[Rule] = &[Rule::Between(1, i32::MAX as i64)];
const POLICY: &[Rule] = &[Rule::Needs(&["value"])];
const SELECT: &[Rule] = &[Rule::OneOf(&["Max", "Min", "Disabled"])];
const KIND: &[Rule] = &[Rule::OneOf(&["Pods", "Percent"])];

pub(super) const AUTOSCALER: Table = &[
    ("", &[Rule::Needs(&["spec"])]),
    ("spec.minReplicas", &[Rule::Between(0, i32::MAX as i64)]),
    ("spec.scaleTargetRef.kind", SEGMENT),
    ("spec.scaleTargetRef.name", SEGMENT),
    ("spec.targetCPUUtilizationPercentage", AMOUNT),
    ("spec.metrics[].type", &[Rule::OneOf(&["ContainerResource", "External", "Object", "Pods", "Resource"])]),
    ("spec.metrics[].resource.name", &[Rule::NotEmpty]),
    ("spec.metrics[].resource.target", TARGET_SHAPE),
    ("spec.metrics[].containerResource.name", &[Rule::NotEmpty]),
    ("spec.metrics[].containerResource.container", &[Rule::Filled(formats::label_1123)]),
    ("spec.metrics[].containerResource.target", TARGET_SHAPE),
    ("spec.metrics[].pods.metric.name", SEGMENT),
    ("spec.metrics[].pods.target", TARGET_SHAPE),
    ("spec.metrics[].object.metric.name", SEGMENT),
    ("spec.metrics[].object.describedObject.kind", SEGMENT),
    ("spec.metrics[].object.describedObject.name", SEGMENT),
    ("spec.metrics[].object.target", TARGET_SHAPE),
    ("spec.metrics[].external.metric.name", SEGMENT),
    ("spec.metrics[].external.target", TARGET_SHAPE),
    ("spec.behavior.scaleUp.stabilizationWindowSeconds", WINDOW),
    ("spec.behavior.scaleUp.selectPolicy", SELECT),
    ("spec.behavior.scaleUp.policies", &[Rule::NotEmpty]),
    ("spec.behavior.scaleUp.policies[]", POLICY),
    ("spec.behavior.scaleUp.policies[].type", KIND),
    ("spec.behavior.scaleUp.policies[].value", AMOUNT),
    ("spec.behavior.scaleUp.policies[].periodSeconds", PERIOD),
    ("spec.behavior.scaleDown.stabilizationWindowSeconds", WINDOW),
    ("spec.behavior.scaleDown.selectPolicy", SELECT),
    ("spec.behavior.scaleDown.policies", &[Rule::NotEmpty]),
    ("spec.behavior.scaleDown.policies[]", POLICY),
    ("spec.behavior.scaleDown.policies[].type", KIND),
    ("spec.behavior.scaleDown.policies[].value", AMOUNT),
    ("spec.behavior.scaleDown.policies[].periodSeconds", PERIOD),
];

pub(super) const TARGET: Table = &[
    ("type", &[Rule::OneOf(&["Utilization", "Value", "AverageValue"])]),
    ("averageUtilization", AMOUNT),
    ("averageValue", &[Rule::Positive]),
    ("value", &[Rule::Positive]),
];

pub(super) const BUDGET: Table = &[
    ("spec.minAvailable", &[Rule::Percentage(100)]),
    ("spec.maxUnavailable", &[Rule::Percentage(100)]),
    ("spec.selector", &[Rule::Shape(Shape::Selector)]),
    ("spec.unhealthyPodEvictionPolicy", &[Rule::OneOf(&["IfHealthyBudget", "AlwaysAllow"])]),
];
