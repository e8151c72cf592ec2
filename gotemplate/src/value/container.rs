//! Lists and maps: shared containers that may change in place and may hold themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use super::{Str, Value};
use crate::types::Type;

/// The Go type of a container: its name, and the static type of what it holds.
///
/// Hosts make statics of their own for named types.
///
/// ```
/// use gotemplate::{Map, Shape, Type, Value};
///
/// static VALUES: Shape = Shape { name: "chart.Values", elem: Type::Any };
/// assert_eq!(Value::from(Map::with_shape(&VALUES)).type_name(), "chart.Values");
/// ```
#[derive(Debug)]
pub struct Shape {
    /// The type's name as `%T` prints it.
    pub name: &'static str,
    /// The type of the elements; [`Type::Any`] for `interface {}`.
    pub elem: Type,
}

impl Shape {
    /// `map[string]interface {}`
    pub const MAP: &'static Shape = &Shape { name: "map[string]interface {}", elem: Type::Any };
    /// `map[string]string`
    pub const STRING_MAP: &'static Shape = &Shape { name: "map[string]string", elem: Type::String };
    /// `[]interface {}`
    pub const LIST: &'static Shape = &Shape { name: "[]interface {}", elem: Type::Any };
    /// `[]string`
    pub const STRING_LIST: &'static Shape = &Shape { name: "[]string", elem: Type::String };
}

/// A Go slice. Clones are the same list.
#[derive(Clone)]
pub struct List(Arc<ListCell>);

/// A Go map with string keys, sorted by key. Clones are the same map.
#[derive(Clone)]
pub struct Map(Arc<MapCell>);

pub(super) struct ListCell {
    shape: &'static Shape,
    /// Go's nil slice of this type. Invariant: no items then.
    nil: bool,
    /// Go's `cap`, which only slicing beyond the length can see.
    capacity: usize,
    items: RwLock<Vec<Value>>,
}

pub(super) struct MapCell {
    shape: &'static Shape,
    /// Go's nil map of this type. Invariant: no entries then.
    nil: bool,
    entries: RwLock<BTreeMap<Str, Value>>,
}

// A lock is never held while other code runs, so a poisoned one still guards whole data.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl List {
    /// Returns a new `[]interface {}`.
    #[must_use]
    pub fn new(items: Vec<Value>) -> List {
        List::with_shape(Shape::LIST, items)
    }

    /// Returns a new list of another type. The values are expected to be of its element type.
    #[must_use]
    pub fn with_shape(shape: &'static Shape, items: Vec<Value>) -> List {
        let capacity = items.len();
        List::with_capacity(shape, items, capacity)
    }

    /// Returns Go's nil slice of a type: empty, equal to `nil`, and it stays empty.
    ///
    /// ```
    /// use gotemplate::{List, Shape, Value, fmt::sprintf};
    ///
    /// let list = [Value::from(List::nil(Shape::STRING_LIST))];
    /// assert_eq!(sprintf(b"%v", &list), b"[]");
    /// assert_eq!(sprintf(b"%#v", &list), b"[]string(nil)");
    /// ```
    #[must_use]
    pub fn nil(shape: &'static Shape) -> List {
        List(Arc::new(ListCell { shape, nil: true, capacity: 0, items: RwLock::new(Vec::new()) }))
    }

    /// Reports whether this is a nil slice.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// Returns a new `[]interface {}` with the capacity that Go's `append`, one element at a time, leaves behind.
    ///
    /// Lists decoded from JSON come about so. It shows where a template slices beyond the length: up to the capacity
    /// Go gives nil, beyond it an error.
    #[must_use]
    pub fn appended(items: Vec<Value>) -> List {
        let capacity = appended_capacity(items.len());
        List::with_capacity(Shape::LIST, items, capacity)
    }

    /// Returns a new list of some type and capacity.
    #[must_use]
    pub fn with_capacity(shape: &'static Shape, items: Vec<Value>, capacity: usize) -> List {
        List(Arc::new(ListCell { shape, nil: false, capacity, items: RwLock::new(items) }))
    }

    /// Returns Go's `cap`: the length, or more.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity.max(self.len())
    }

    /// Returns a new `[]string`.
    pub fn strings<T: Into<Str>>(items: impl IntoIterator<Item = T>) -> List {
        let items = items.into_iter().map(|item| Value::Str(item.into())).collect();
        List::with_shape(Shape::STRING_LIST, items)
    }

    /// Returns the type.
    #[must_use]
    pub fn shape(&self) -> &'static Shape {
        self.0.shape
    }

    /// Returns the number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.0.items).len()
    }

    /// Reports whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns an element.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Value> {
        read(&self.0.items).get(at).cloned()
    }

    /// Returns all elements as they are now.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Value> {
        read(&self.0.items).clone()
    }

    /// Returns the elements of a range, as far as there are any.
    pub(crate) fn part(&self, range: std::ops::Range<usize>) -> Vec<Value> {
        let items = read(&self.0.items);
        let end = range.end.min(items.len());
        items.get(range.start.min(end)..end).unwrap_or_default().to_vec()
    }

    /// Replaces an element; reports whether it was there.
    pub fn set(&self, at: usize, value: impl Into<Value>) -> bool {
        let value = value.into();
        let old = write(&self.0.items).get_mut(at).map(|item| std::mem::replace(item, value));
        old.is_some()
    }

    /// Appends an element in place. A nil slice stays empty.
    pub fn push(&self, value: impl Into<Value>) {
        let value = value.into();
        if !self.0.nil {
            write(&self.0.items).push(value);
        }
    }

    /// Reports whether both are the same list.
    #[must_use]
    pub fn same(&self, other: &List) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns what `%p` prints.
    pub(crate) fn address(&self) -> u64 {
        if self.0.nil { 0 } else { Arc::as_ptr(&self.0) as usize as u64 }
    }

    /// Returns a number that clones share, and no other container while this one is held.
    pub(crate) fn identity(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub(super) fn downgrade(&self) -> Weak<ListCell> {
        Arc::downgrade(&self.0)
    }
}

/// Go's growth of a slice of interfaces (16 bytes each): doubled up to 256, then by a quarter and 192, rounded up to
/// the allocator's size classes.
fn appended_capacity(len: usize) -> usize {
    const CLASSES: [usize; 17] = [
        8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672,
        32768,
    ];
    let mut capacity = 0usize;
    while capacity < len {
        capacity = match capacity {
            0 => 1,
            1..256 => capacity * 2,
            _ => {
                let bytes = (capacity + (capacity + 768) / 4) * 16;
                let class = CLASSES.iter().copied().find(|&class| class >= bytes);
                class.unwrap_or_else(|| bytes.next_multiple_of(8192)) / 16
            }
        };
    }
    capacity
}

impl Map {
    /// Returns a new, empty `map[string]interface {}`.
    #[must_use]
    pub fn new() -> Map {
        Map::with_shape(Shape::MAP)
    }

    /// Returns a new, empty map of another type.
    #[must_use]
    pub fn with_shape(shape: &'static Shape) -> Map {
        Map(Arc::new(MapCell { shape, nil: false, entries: RwLock::new(BTreeMap::new()) }))
    }

    /// Returns Go's nil map of a type: empty, equal to `nil`, and it takes no entries. Go's programs crash when they put
    /// something into one, so a function that does so looks at [`is_nil`](Map::is_nil) first.
    ///
    /// ```
    /// use gotemplate::{Map, Shape, Value, fmt::sprintf};
    ///
    /// let map = [Value::from(Map::nil(Shape::STRING_MAP))];
    /// assert_eq!(sprintf(b"%v", &map), b"map[]");
    /// assert_eq!(sprintf(b"%#v", &map), b"map[string]string(nil)");
    /// ```
    #[must_use]
    pub fn nil(shape: &'static Shape) -> Map {
        Map(Arc::new(MapCell { shape, nil: true, entries: RwLock::new(BTreeMap::new()) }))
    }

    /// Reports whether this is a nil map.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// Returns the type.
    #[must_use]
    pub fn shape(&self) -> &'static Shape {
        self.0.shape
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.0.entries).len()
    }

    /// Reports whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the value under a key.
    #[must_use]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        read(&self.0.entries).get(key.as_ref()).cloned()
    }

    /// Puts a value under a key and returns the one that was there. A nil map stays empty.
    ///
    /// Where the value may hold the map itself, give the map to [`Heap::track`](super::Heap::track) as well.
    pub fn insert(&self, key: impl Into<Str>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        if self.0.nil {
            return None;
        }
        write(&self.0.entries).insert(key, value)
    }

    /// Takes the value out from under a key.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        write(&self.0.entries).remove(key.as_ref())
    }

    /// Returns the keys in order.
    #[must_use]
    pub fn keys(&self) -> Vec<Str> {
        read(&self.0.entries).keys().cloned().collect()
    }

    /// Returns the entries in order, as they are now.
    #[must_use]
    pub fn entries(&self) -> Vec<(Str, Value)> {
        read(&self.0.entries).iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Reports whether both are the same map.
    #[must_use]
    pub fn same(&self, other: &Map) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns what `%p` prints.
    pub(crate) fn address(&self) -> u64 {
        if self.0.nil { 0 } else { Arc::as_ptr(&self.0) as usize as u64 }
    }

    /// Returns a number that clones share, and no other container while this one is held.
    pub(crate) fn identity(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub(super) fn downgrade(&self) -> Weak<MapCell> {
        Arc::downgrade(&self.0)
    }
}

impl Default for Map {
    fn default() -> Map {
        Map::new()
    }
}

impl<K: Into<Str>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Map {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Map(Arc::new(MapCell { shape: Shape::MAP, nil: false, entries: RwLock::new(entries) }))
    }
}

// A container may hold itself, so its debug form shows no contents.
impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(len {})", self.shape().name, self.len())
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(len {})", self.shape().name, self.len())
    }
}

impl ListCell {
    pub(super) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *write(&self.items))
    }
}

impl MapCell {
    pub(super) fn take(&self) -> BTreeMap<Str, Value> {
        std::mem::take(&mut *write(&self.entries))
    }
}

impl Drop for ListCell {
    fn drop(&mut self) {
        let items = std::mem::take(self.items.get_mut().unwrap_or_else(PoisonError::into_inner));
        drop_values(items);
    }
}

impl Drop for MapCell {
    fn drop(&mut self) {
        let entries = std::mem::take(self.entries.get_mut().unwrap_or_else(PoisonError::into_inner));
        drop_values(entries.into_values().collect());
    }
}

/// Drops values without recursion: containers that nobody else holds hand their contents to the list of work first.
pub(super) fn drop_values(mut work: Vec<Value>) {
    work.retain(|value| matches!(value, Value::List(_) | Value::Map(_)));
    while let Some(value) = work.pop() {
        match value {
            Value::List(List(cell)) => {
                if let Some(mut cell) = Arc::into_inner(cell) {
                    work.append(cell.items.get_mut().unwrap_or_else(PoisonError::into_inner));
                }
            }
            Value::Map(Map(cell)) => {
                if let Some(mut cell) = Arc::into_inner(cell) {
                    let entries = std::mem::take(cell.entries.get_mut().unwrap_or_else(PoisonError::into_inner));
                    work.extend(entries.into_values());
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_nested_maps_are_dropped_on_a_small_stack() {
        let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(|| {
            let mut value = Value::Nil;
            for depth in 0..1_000_000 {
                value =
                    if depth % 2 == 0 { Value::from(Map::from_iter([("a", value)])) } else { Value::from(vec![value]) };
            }
            drop(value);
        });
        thread.expect("a thread").join().expect("no overflow");
    }

    #[test]
    fn appended_lists_have_the_capacity_of_go() {
        let caps: Vec<usize> = [0, 1, 3, 5, 257, 513, 849, 1281, 1793].map(appended_capacity).to_vec();
        assert_eq!(caps, [0, 1, 4, 8, 512, 848, 1280, 1792, 2560]);
    }

    #[test]
    fn everybody_sees_a_change() {
        let map = Map::new();
        let other = map.clone();
        other.insert("a", 1);
        assert!(map.get("a").is_some() && map.same(&other));
    }
}
