//! The commands that work on a cluster.
//!
//! `connect` finds the cluster, `target` is a source with its release there, `existing` a release that is there already,
//! `carry` carries a plan out while the lock is held, and `progress` shows it;
//! `watch` looks at a release again and again, and `metrics` tells that to Prometheus.

mod apply;
mod carry;
mod connect;
mod delete;
mod diff;
mod existing;
mod helm;
mod history;
mod list;
mod metrics;
mod plan;
mod planned;
mod progress;
mod rollback;
mod status;
mod table;
mod target;
mod watch;

pub(super) use apply::run as apply;
pub(super) use delete::run as delete;
pub(super) use diff::run as diff;
pub(super) use history::run as history;
pub(super) use list::run as list;
pub(super) use plan::run as plan;
pub(super) use rollback::run as rollback;
pub(super) use status::run as status;
