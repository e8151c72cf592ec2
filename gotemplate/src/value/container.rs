//! Lists and maps: shared containers that may change in place and may hold themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use super::{Str, Value};
use crate::types::{Function, Type};

/// The Go type of a container: its name, the static type of what it holds, its methods.
///
/// Hosts make statics of their own for named types.
///
/// ```
/// use gotemplate::{Map, Shape, Type, Value};
///
/// static VALUES: Shape = Shape::new("chart.Values", Type::Any);
/// assert_eq!(Value::from(Map::with_shape(&VALUES)).type_name(), "chart.Values");
/// ```
#[derive(Debug)]
pub struct Shape {
    /// The type's name as `%T` prints it.
    pub name: &'static str,
    /// The type of the elements; [`Type::Any`] for `interface {}`.
    pub elem: Type,
    /// Finds the methods of a named type.
    pub methods: Option<Methods>,
}

/// Returns a method of a map by its name, with the map bound. Methods go before keys.
pub type Methods = fn(&Map, &str) -> Option<Arc<Function>>;

impl Shape {
    /// `map[string]interface {}`
    pub const MAP: &'static Shape = &Shape::new("map[string]interface {}", Type::Any);
    /// `map[string]string`
    pub const STRING_MAP: &'static Shape = &Shape::new("map[string]string", Type::String);
    /// `[]interface {}`
    pub const LIST: &'static Shape = &Shape::new("[]interface {}", Type::Any);
    /// `[]string`
    pub const STRING_LIST: &'static Shape = &Shape::new("[]string", Type::String);

    /// Returns a type without methods.
    #[must_use]
    pub const fn new(name: &'static str, elem: Type) -> Shape {
        Shape { name, elem, methods: None }
    }

    /// Returns the type with methods, which maps of it have.
    #[must_use]
    pub const fn with_methods(mut self, methods: Methods) -> Shape {
        self.methods = Some(methods);
        self
    }
}

/// A Go slice. Clones are the same list.
#[derive(Clone)]
pub struct List {
    // The type is the handle's, not the cell's: a conversion to another type shares the elements.
    shape: &'static Shape,
    cell: Arc<ListCell>,
}

/// A Go map with string keys, sorted by key. Clones are the same map.
#[derive(Clone)]
pub struct Map {
    shape: &'static Shape,
    cell: Arc<MapCell>,
}

pub(super) struct ListCell {
    /// Go's nil slice of this type. Invariant: no items then.
    nil: bool,
    /// Go's `cap`, which only slicing beyond the length can see.
    capacity: usize,
    items: RwLock<Vec<Value>>,
}

pub(super) struct MapCell {
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
        List { shape, cell: Arc::new(ListCell { nil: true, capacity: 0, items: RwLock::new(Vec::new()) }) }
    }

    /// Reports whether this is a nil slice.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.cell.nil
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
        List { shape, cell: Arc::new(ListCell { nil: false, capacity, items: RwLock::new(items) }) }
    }

    /// Returns Go's `cap`: the length, or more.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.cell.capacity.max(self.len())
    }

    /// Returns a new `[]string`.
    pub fn strings<T: Into<Str>>(items: impl IntoIterator<Item = T>) -> List {
        let items = items.into_iter().map(|item| Value::Str(item.into())).collect();
        List::with_shape(Shape::STRING_LIST, items)
    }

    /// Returns the type.
    #[must_use]
    pub fn shape(&self) -> &'static Shape {
        self.shape
    }

    /// Returns the number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.cell.items).len()
    }

    /// Reports whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns an element.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Value> {
        read(&self.cell.items).get(at).cloned()
    }

    /// Returns all elements as they are now.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Value> {
        read(&self.cell.items).clone()
    }

    /// Returns the elements of a range, as far as there are any.
    pub(crate) fn part(&self, range: std::ops::Range<usize>) -> Vec<Value> {
        let items = read(&self.cell.items);
        let end = range.end.min(items.len());
        items.get(range.start.min(end)..end).unwrap_or_default().to_vec()
    }

    /// Replaces an element; reports whether it was there.
    pub fn set(&self, at: usize, value: impl Into<Value>) -> bool {
        let value = value.into();
        let old = write(&self.cell.items).get_mut(at).map(|item| std::mem::replace(item, value));
        old.is_some()
    }

    /// Appends an element in place. A nil slice stays empty.
    pub fn push(&self, value: impl Into<Value>) {
        let value = value.into();
        if !self.cell.nil {
            write(&self.cell.items).push(value);
        }
    }

    /// Reports whether both are the same list.
    #[must_use]
    pub fn same(&self, other: &List) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }

    /// Returns the same list under another type, as a Go conversion does.
    #[must_use]
    pub fn converted(&self, shape: &'static Shape) -> List {
        List { shape, cell: self.cell.clone() }
    }

    /// Returns a number that no other list has while this one lives.
    #[must_use]
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.cell) as usize
    }

    /// Returns what `%p` prints.
    pub(crate) fn address(&self) -> u64 {
        if self.cell.nil { 0 } else { self.id() as u64 }
    }

    pub(super) fn downgrade(&self) -> Weak<ListCell> {
        Arc::downgrade(&self.cell)
    }
}

/// Returns the capacity that Go's `append`, one element at a time, leaves behind; elements are of 16 bytes and hold
/// pointers, as interfaces and strings do.
fn appended_capacity(len: usize) -> usize {
    let mut capacity = 0usize;
    while capacity < len {
        capacity = grown_capacity(capacity, capacity + 1, 16, true);
    }
    capacity
}

/// Returns the capacity that Go's `append` gives a slice of `capacity` when it needs room for `len` elements of `size`
/// bytes, with or without pointers in them: doubled up to 256, then by a quarter and 192, rounded up to what the
/// allocator has.
#[must_use]
pub fn grown_capacity(capacity: usize, len: usize, size: usize, pointers: bool) -> usize {
    if len <= capacity {
        return capacity;
    }
    let mut grown = capacity;
    if len > 2 * capacity {
        grown = len;
    } else if capacity < 256 {
        grown = 2 * capacity;
    } else {
        while grown < len {
            grown += (grown + 768) / 4;
        }
    }
    allocated(grown * size, pointers) / size
}

/// Returns the size of the block that Go's allocator has for so many bytes.
fn allocated(bytes: usize, pointers: bool) -> usize {
    const PAGE: usize = 8192;
    const LARGEST: usize = 32768;
    #[rustfmt::skip]
    const CLASSES: [usize; 67] = [
        8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448,
        480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096,
        4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072,
        20480, 21760, 24576, 27264, 28672, LARGEST,
    ];
    // Larger blocks with pointers begin with a word that says where these are.
    let header = if pointers && bytes > 512 { 8 } else { 0 };
    if bytes > LARGEST - 8 {
        return bytes.next_multiple_of(PAGE);
    }
    let class = CLASSES.iter().find(|&&class| class >= bytes + header);
    class.map_or(bytes, |class| class - header)
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
        Map { shape, cell: Arc::new(MapCell { nil: false, entries: RwLock::new(BTreeMap::new()) }) }
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
        Map { shape, cell: Arc::new(MapCell { nil: true, entries: RwLock::new(BTreeMap::new()) }) }
    }

    /// Reports whether this is a nil map.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.cell.nil
    }

    /// Returns the type.
    #[must_use]
    pub fn shape(&self) -> &'static Shape {
        self.shape
    }

    /// Returns a method of the type.
    pub(crate) fn method(&self, name: &str) -> Option<Arc<Function>> {
        self.shape.methods.and_then(|methods| methods(self, name))
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.cell.entries).len()
    }

    /// Reports whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the value under a key.
    #[must_use]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        read(&self.cell.entries).get(key.as_ref()).cloned()
    }

    /// Puts a value under a key and returns the one that was there. A nil map stays empty.
    ///
    /// Where the value may hold the map itself, give the map to [`Heap::track`](super::Heap::track) as well.
    pub fn insert(&self, key: impl Into<Str>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        if self.cell.nil {
            return None;
        }
        write(&self.cell.entries).insert(key, value)
    }

    /// Takes the value out from under a key.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        write(&self.cell.entries).remove(key.as_ref())
    }

    /// Returns the keys in order.
    #[must_use]
    pub fn keys(&self) -> Vec<Str> {
        read(&self.cell.entries).keys().cloned().collect()
    }

    /// Returns the entries in order, as they are now.
    #[must_use]
    pub fn entries(&self) -> Vec<(Str, Value)> {
        read(&self.cell.entries).iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Reports whether both are the same map.
    #[must_use]
    pub fn same(&self, other: &Map) -> bool {
        Arc::ptr_eq(&self.cell, &other.cell)
    }

    /// Returns the same map under another type, as a Go conversion does.
    #[must_use]
    pub fn converted(&self, shape: &'static Shape) -> Map {
        Map { shape, cell: self.cell.clone() }
    }

    /// Returns a number that no other map has while this one lives.
    #[must_use]
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.cell) as usize
    }

    /// Returns what `%p` prints.
    pub(crate) fn address(&self) -> u64 {
        if self.cell.nil { 0 } else { self.id() as u64 }
    }

    pub(super) fn downgrade(&self) -> Weak<MapCell> {
        Arc::downgrade(&self.cell)
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
        Map { shape: Shape::MAP, cell: Arc::new(MapCell { nil: false, entries: RwLock::new(entries) }) }
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
            Value::List(List { cell, .. }) => {
                if let Some(mut cell) = Arc::into_inner(cell) {
                    work.append(cell.items.get_mut().unwrap_or_else(PoisonError::into_inner));
                }
            }
            Value::Map(Map { cell, .. }) => {
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
        let caps: Vec<usize> = [0, 1, 3, 5, 33, 72, 304, 592, 1536, 2561].map(appended_capacity).to_vec();
        assert_eq!(caps, [0, 1, 4, 8, 71, 143, 591, 1023, 2560, 3584]);
        assert_eq!(grown_capacity(3, 4, 16, true), 6);
        assert_eq!(grown_capacity(1, 17, 16, true), 18);
        assert_eq!(grown_capacity(512, 513, 8, false), 848);
    }

    #[test]
    fn a_converted_map_is_the_same_map() {
        let map = Map::with_shape(Shape::STRING_MAP);
        map.converted(Shape::MAP).insert("a", "b");
        assert_eq!((map.len(), map.shape().name), (1, "map[string]string"));
    }

    #[test]
    fn everybody_sees_a_change() {
        let map = Map::new();
        let other = map.clone();
        other.insert("a", 1);
        assert!(map.get("a").is_some() && map.same(&other));
    }
}
