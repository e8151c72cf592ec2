//! Compact Kubernetes schemas for rhumb.
