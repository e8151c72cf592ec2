//! Reads live cluster state and carries out plans made by rhumb.
//!
//! Talking to clusters comes later, and with it kube and tokio, which only this crate may name. What is here is what
//! comes before a connection: which cluster, user and namespace is meant ([`kubeconfig`]).

pub mod kubeconfig;
