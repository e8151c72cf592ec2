//! The language server: messages of an editor to questions of a session, and answers back.
//!
//! Nothing here knows anything of packages: [`server`] reads messages in their order, [`folders`] keeps a session for
//! each folder that the editor has open, [`answers`] puts answers into the words of the protocol, and [`uri`] knows how
//! editors name files.

mod answers;
mod folders;
mod server;
mod uri;

pub(crate) use server::serve;
