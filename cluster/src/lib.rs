//! Reads live cluster state and carries out plans made by rhumb.
//!
//! A [`connection::Connection`] is found where kubectl finds it, a [`client::Client`] speaks to its server, and what the
//! server has is told by [`discovery::Discovery`]; [`live::Cluster`] is both, and reads and asks. Nothing here decides: that is `rhumb::plan`. Everything blocks, on
//! plain threads; nothing is started before it is used.

pub mod apply;
mod cache;
mod calls;
pub mod client;
pub mod clock;
pub mod connection;
mod credentials;
pub mod discovery;
pub mod error;
pub mod kubeconfig;
pub mod live;
pub mod lock;
mod parallel;
mod paths;
mod proxy;
mod reading;
pub mod releases;
mod tls;
mod transport;
