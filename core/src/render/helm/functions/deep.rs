//! Comparing and copying values with all that they hold.
//!
//! Values share their parts and may hold themselves. Comparing visits each pair of containers once, as Go does, and so
//! comes to an end by itself; copying ends at a depth. Neither uses the thread's stack.
//!
//! Facts: Go's `reflect.DeepEqual`; <https://github.com/mitchellh/copystructure/tree/v1.2.0>.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::FixedState;
use gotemplate::{Fault, List, Map, Object, State, Str, Value};

use super::kind::{charge, charge_map};
use super::version;
use crate::render::helm::context;

/// Returns the fault of a value that is nested more deeply than values are copied, merged or written, or holds itself.
pub(super) fn too_deep(depth: usize) -> Fault {
    Fault::limit(context::NESTING, format!("the value is nested more than {depth} levels deep"))
}

/// Comparison by type and contents.
pub(super) struct Equality<'s, 'r> {
    state: &'s mut State<'r>,
    work: Vec<(Value, Value)>,
    seen: HashSet<(usize, usize), FixedState>,
}

impl<'s, 'r> Equality<'s, 'r> {
    /// Returns a comparison.
    pub(super) fn new(state: &'s mut State<'r>) -> Equality<'s, 'r> {
        Equality { state, work: Vec::new(), seen: HashSet::default() }
    }

    /// Reports whether one of some values equals the first.
    ///
    /// # Errors
    /// When the run has no steps left.
    pub(super) fn any(&mut self, value: &Value, others: &[Value]) -> Result<bool, Fault> {
        for other in others {
            if self.equal(value, other)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reports whether two values are equal.
    ///
    /// # Errors
    /// When the run has no steps left.
    pub(super) fn equal(&mut self, left: &Value, right: &Value) -> Result<bool, Fault> {
        self.work.clear();
        self.seen.clear();
        let mut equal = self.same(left, right)?;
        while equal && let Some((left, right)) = self.work.pop() {
            equal = self.same(&left, &right)?;
        }
        Ok(equal)
    }

    /// Compares two values but for their elements, which come on the list of work.
    fn same(&mut self, left: &Value, right: &Value) -> Result<bool, Fault> {
        self.state.spend(1)?;
        Ok(match (left, right) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Int(left, a), Value::Int(right, b)) => a == b && left == right,
            (Value::Uint(left, a), Value::Uint(right, b)) => a == b && left == right,
            (Value::Float(left, a), Value::Float(right, b)) => a == b && left == right,
            (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
            (Value::Str(left), Value::Str(right)) | (Value::Bytes(left), Value::Bytes(right)) => {
                self.state.spend(left.len().min(right.len()) as u64 / 64)?;
                left == right
            }
            (Value::List(left), Value::List(right)) => self.same_list(left, right)?,
            (Value::Map(left), Value::Map(right)) => self.same_map(left, right)?,
            (Value::Object(left), Value::Object(right)) => self.same_object(left, right),
            // Functions equal nothing.
            _ => false,
        })
    }

    fn same_list(&mut self, left: &List, right: &List) -> Result<bool, Fault> {
        let alike = left.shape().name == right.shape().name && left.is_nil() == right.is_nil();
        if !alike || left.len() != right.len() {
            return Ok(false);
        }
        if !left.same(right) && self.is_new((left.id(), right.id())) {
            charge(self.state, 2 * left.len())?;
            self.work.extend(left.to_vec().into_iter().zip(right.to_vec()));
        }
        Ok(true)
    }

    fn same_map(&mut self, left: &Map, right: &Map) -> Result<bool, Fault> {
        let alike = left.shape().name == right.shape().name && left.is_nil() == right.is_nil();
        if !alike || left.len() != right.len() {
            return Ok(false);
        }
        if left.same(right) || !self.is_new((left.id(), right.id())) {
            return Ok(true);
        }
        self.state.spend(2 * left.len() as u64)?;
        for ((left_key, left), (right_key, right)) in left.entries().into_iter().zip(right.entries()) {
            if left_key != right_key {
                return Ok(false);
            }
            self.work.push((left, right));
        }
        Ok(true)
    }

    fn same_object(&mut self, left: &Arc<dyn Object>, right: &Arc<dyn Object>) -> bool {
        if Arc::ptr_eq(left, right) {
            return true;
        }
        if left.type_name() != right.type_name() || left.is_nil() || right.is_nil() {
            return left.type_name() == right.type_name() && left.is_nil() == right.is_nil();
        }
        if let (Some(left), Some(right)) = (left.underlying(), right.underlying()) {
            self.work.push((left, right));
            return true;
        }
        let fields = left.fields().into_iter().zip(right.fields());
        self.work.extend(fields.map(|((_, left), (_, right))| (left, right)));
        left.text() == right.text()
    }

    fn is_new(&mut self, pair: (usize, usize)) -> bool {
        self.seen.insert(pair)
    }
}

/// A container that is being copied: the elements that are left, and the copies of those before.
enum Open {
    List(List, std::vec::IntoIter<Value>, Vec<Value>),
    Map(std::vec::IntoIter<(Str, Value)>, Str, Map),
}

/// Returns a copy of a value whose lists and maps are all new.
///
/// # Errors
/// When the value is nested too deeply, or the run has no memory left for the copy.
pub(super) fn copy(state: &mut State<'_>, value: &Value) -> Result<Value, Fault> {
    let depth = context::limits(state).depth;
    let mut open = Vec::new();
    let mut done = enter(state, value.clone(), &mut open)?;
    loop {
        if open.len() > depth {
            return Err(too_deep(depth));
        }
        let Some(innermost) = open.last_mut() else { return Ok(done.unwrap_or_default()) };
        if let Some(value) = done.take() {
            innermost.put(value);
        }
        done = match innermost.next() {
            Some(value) => enter(state, value, &mut open)?,
            None => open.pop().map(Open::close),
        };
    }
}

/// Returns the copy of what is no container; a container comes on the stack.
fn enter(state: &mut State<'_>, value: Value, open: &mut Vec<Open>) -> Result<Option<Value>, Fault> {
    match value {
        Value::List(list) if !list.is_nil() => {
            charge(state, 2 * list.len())?;
            let items = list.to_vec();
            let copies = Vec::with_capacity(items.len());
            open.push(Open::List(list, items.into_iter(), copies));
            Ok(None)
        }
        Value::Map(map) if !map.is_nil() => {
            charge_map(state, map.len())?;
            open.push(Open::Map(map.entries().into_iter(), Str::default(), Map::with_shape(map.shape())));
            Ok(None)
        }
        // The fields of a version are its own, so the copy lacks them.
        Value::Object(object) if object.type_name() == version::POINTER => Ok(Some(version::zero())),
        value => Ok(Some(value)),
    }
}

impl Open {
    fn next(&mut self) -> Option<Value> {
        match self {
            Open::List(_, rest, _) => rest.next(),
            Open::Map(rest, key, _) => {
                let (next_key, value) = rest.next()?;
                *key = next_key;
                Some(value)
            }
        }
    }

    fn put(&mut self, value: Value) {
        match self {
            Open::List(_, _, copies) => copies.push(value),
            Open::Map(_, key, copy) => drop(copy.insert(key.clone(), value)),
        }
    }

    fn close(self) -> Value {
        match self {
            Open::List(list, _, copies) => List::with_capacity(list.shape(), copies, list.capacity()).into(),
            Open::Map(_, _, copy) => copy.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn equal_is_what_has_the_same_type_and_contents() {
        check(&[
            (
                r#"{{ deepEqual (dict "a" (list 1)) (dict "a" (list 1)) }} {{ deepEqual (list 1) (list 1.0) }}"#,
                "true false",
            ),
            (r#"{{ deepEqual (rest (list)) list }} {{ deepEqual (splitList "," "a") (list "a") }}"#, "false false"),
            (
                r#"{{ deepEqual (semver "1.2.3") (semver "1.2.3") }} {{ deepEqual (semver "v1") (semver "1") }}"#,
                "true false",
            ),
        ]);
    }

    #[test]
    fn copies_share_nothing() {
        check(&[
            (
                r#"{{ $a := dict "x" (dict) }}{{ $b := deepCopy $a }}{{ $_ := set $b.x "y" 1 }}{{ $a }} {{ $b }}"#,
                "map[x:map[]] map[x:map[y:1]]",
            ),
            (r#"{{ deepCopy (semver "1.2.3") }} {{ deepCopy (rest (list)) | toJson }}"#, "0.0.0 null"),
            ("{{ deepCopy nil }}", "! reflect: call of reflect.Value.Type on zero Value"),
        ]);
    }

    const CYCLES: &str = r#"{{ $a := dict }}{{ $_ := set $a "a" $a }}{{ $b := dict }}{{ $_ = set $b "a" $b }}"#;

    #[test]
    fn values_that_hold_themselves_come_to_an_end() {
        check(&[
            (&format!("{CYCLES}{{{{ deepEqual $a $b }}}} {{{{ has $a (list 1 $b) }}}}"), "true true"),
            (&format!("{CYCLES}{{{{ deepCopy $a }}}}"), "! the value is nested more than 1000 levels deep"),
        ]);
    }

    #[test]
    fn a_value_nested_very_deeply_needs_no_stack() {
        let deep = "{{ $a := dict }}{{ $b := dict }}{{ range until 100000 }}{{ $a = dict `a` $a }}{{ $b = dict `a` $b }}{{ end }}";
        let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(move || {
            check(&[
                (&format!("{deep}{{{{ deepEqual $a $b }}}}"), "true"),
                (&format!("{deep}{{{{ deepCopy $a }}}}"), "! the value is nested more than 1000 levels deep"),
                (&format!("{deep}{{{{ merge $a $b }}}}"), "! the value is nested more than 1000 levels deep"),
            ]);
        });
        thread.expect("a thread").join().expect("no overflow");
    }

    #[test]
    fn values_that_share_their_parts_are_compared_once_and_copied_within_limits() {
        let shared =
            "{{ $a := list }}{{ $b := list }}{{ range until 60 }}{{ $a = list $a $a }}{{ $b = list $b $b }}{{ end }}";
        check(&[
            (&format!("{shared}{{{{ deepEqual $a $b }}}}"), "true"),
            (
                &format!("{shared}{{{{ deepCopy $a }}}}"),
                "! the values that the template makes are larger than 268435456 bytes",
            ),
        ]);
    }
}
