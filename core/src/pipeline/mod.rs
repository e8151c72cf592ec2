//! The verbs that front-ends call.
