//! Runs cases on several threads; a panic fails its case and no other.
//!
//! Released programs are built to end at a panic, so that none can be caught there. The thread of a case that panics says
//! so and stays where it is, and another one goes on in its place. Tests are built to unwind, and catch panics: their
//! harness waits for every thread that is in the middle of one.

use std::any::Any;
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Once};

/// A name, and what runs.
pub(super) type Case = (String, Box<dyn Fn() -> Outcome + Send + Sync>);
pub(super) type Outcome = std::result::Result<(), String>;

const THREADS: usize = 2;

// What the main thread has on Linux; the default for other threads is a quarter of it.
const STACK: usize = 8 << 20;

/// The end of a case, or of the thread that ran it.
struct End {
    case: usize,
    outcome: Outcome,
    thread_is_lost: bool,
}

thread_local! {
    /// The case that the thread is at, and who wants to know about it.
    static AT_WORK: RefCell<Option<(usize, Sender<End>)>> = const { RefCell::new(None) };
}

/// Returns how the cases came out, in their order.
pub(super) fn outcomes(cases: &Arc<Vec<Case>>) -> Vec<Outcome> {
    if cfg!(panic = "abort") {
        watch_panics();
    }
    let (tell, told) = channel();
    let next = Arc::new(AtomicUsize::new(0));
    let start = || {
        let (cases, next, tell) = (cases.clone(), next.clone(), tell.clone());
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn(move || work(&cases, &next, &tell)).expect("the system has room for a thread");
    };
    (0..THREADS).for_each(|_| start());
    let mut outcomes: Vec<Option<Outcome>> = cases.iter().map(|_| None).collect();
    for _ in 0..cases.len() {
        let end = told.recv().expect("there is a sender above");
        outcomes[end.case] = Some(end.outcome);
        if end.thread_is_lost {
            start();
        }
    }
    outcomes.into_iter().map(|outcome| outcome.expect("each case is told of once")).collect()
}

fn work(cases: &[Case], next: &AtomicUsize, tell: &Sender<End>) {
    loop {
        let case = next.fetch_add(1, Ordering::Relaxed);
        let Some((_, run)) = cases.get(case) else { return };
        AT_WORK.set(Some((case, tell.clone())));
        // In a program that ends at a panic this catches nothing.
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
        let outcome = caught.unwrap_or_else(|payload| Err(panicked(&*payload)));
        AT_WORK.set(None);
        if tell.send(End { case, outcome, thread_is_lost: false }).is_err() {
            return;
        }
    }
}

fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match AT_WORK.take() {
            Some((case, tell)) => {
                let outcome = Err(panicked(panic.payload()));
                drop(tell.send(End { case, outcome, thread_is_lost: true }));
                loop {
                    std::thread::park();
                }
            }
            None => others(panic),
        }));
    });
}

fn panicked(payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    format!("panicked: {}", text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_fails_its_case_alone() {
        let case = |number: usize| -> Case {
            let run = move || if number.is_multiple_of(3) { panic!("at {number}") } else { Ok(()) };
            (number.to_string(), Box::new(run))
        };
        let outcomes = outcomes(&Arc::new((0..20).map(case).collect()));
        for (number, outcome) in outcomes.into_iter().enumerate() {
            let wanted = if number.is_multiple_of(3) { Err(format!("panicked: at {number}")) } else { Ok(()) };
            assert_eq!(outcome, wanted);
        }
    }
}
