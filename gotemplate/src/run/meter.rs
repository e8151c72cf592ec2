//! What a run may still use, counted down.

use super::Limits;
use crate::error::Fault;
use crate::value::Value;

/// Steps of a call beside its instruction.
const CALL: u64 = 4;

/// The rest of the limits that only ever shrink.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(super) steps: u64,
    pub(super) memory: usize,
    limits: Limits,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Meter {
        Meter { steps: limits.steps, memory: limits.memory, limits }
    }

    /// Takes steps away.
    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), Fault> {
        match self.steps.checked_sub(steps) {
            Some(rest) => {
                self.steps = rest;
                Ok(())
            }
            None => Err(Fault::limit("steps", self.too_many_steps())),
        }
    }

    /// Takes steps away for work on so many bytes: comparing and copying do some 64 of them in the time of a step.
    pub(crate) fn spend_on(&mut self, bytes: usize) -> Result<(), Fault> {
        if bytes < 64 { Ok(()) } else { self.spend(bytes as u64 / 64) }
    }

    /// Takes steps away for the call of a function: it does more than an instruction, and reads the texts that it is given.
    pub(super) fn spend_on_call(&mut self, args: &[Value]) -> Result<(), Fault> {
        let bytes = args.iter().map(|arg| match arg {
            Value::Str(text) | Value::Bytes(text) => text.len() as u64,
            _ => 0,
        });
        self.spend(CALL + bytes.sum::<u64>() / 8)
    }

    /// Takes bytes away.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        match self.memory.checked_sub(bytes) {
            Some(rest) => {
                self.memory = rest;
                Ok(())
            }
            None => Err(Fault::limit("memory", self.too_much_memory())),
        }
    }

    /// Takes the bytes of a function's result away, less what the function has charged since `before`. A text that it
    /// was given is no new one; short ones are not worth the look.
    pub(super) fn charge_result(&mut self, value: &Value, args: &[Value], before: usize) -> Result<(), Fault> {
        let (Value::Str(text) | Value::Bytes(text)) = value else { return Ok(()) };
        if text.len() >= 1024 && args.iter().any(|arg| matches!(arg, Value::Str(arg) if arg.same(text))) {
            return Ok(());
        }
        self.charge(text.len().saturating_sub(before - self.memory))
    }

    pub(super) fn too_many_steps(&self) -> String {
        format!("the template takes more than {} steps", self.limits.steps)
    }

    fn too_much_memory(&self) -> String {
        format!("the values that the template makes are larger than {} bytes", self.limits.memory)
    }
}
