//! Frees what reference counts cannot: containers that hold themselves.

use std::sync::{Mutex, PoisonError, Weak};

use super::Value;
use super::container::{ListCell, MapCell, drop_values};

/// Remembers containers that were changed in place, and empties them when it is dropped.
///
/// A cycle can only come about by changing a container (`set $d "self" $d`), so functions that put a value into an
/// existing container give the container to [`track`](Heap::track); dropping the heap after the run breaks every
/// cycle. Values that outlive the run must not be tracked: they would be found empty.
///
/// ```
/// use gotemplate::{Heap, Map, Value};
///
/// let heap = Heap::default();
/// let map = Map::new();
/// map.insert("self", map.clone());
/// heap.track(&Value::from(map.clone()));
/// drop(heap);
/// assert!(map.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct Heap {
    tracked: Mutex<Tracked>,
}

#[derive(Debug, Default)]
struct Tracked {
    lists: Vec<Weak<ListCell>>,
    maps: Vec<Weak<MapCell>>,
    /// The number of containers at which dead ones are swept out; doubled each time, so tracking stays linear.
    sweep_at: usize,
}

impl Heap {
    /// Remembers a container. Other values are ignored.
    pub fn track(&self, value: &Value) {
        let mut tracked = self.tracked.lock().unwrap_or_else(PoisonError::into_inner);
        match value {
            Value::List(list) => tracked.lists.push(list.downgrade()),
            Value::Map(map) => tracked.maps.push(map.downgrade()),
            _ => return,
        }
        if tracked.lists.len() + tracked.maps.len() >= tracked.sweep_at.max(1024) {
            tracked.lists.retain(|list| list.strong_count() > 0);
            tracked.maps.retain(|map| map.strong_count() > 0);
            tracked.sweep_at = 2 * (tracked.lists.len() + tracked.maps.len());
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        let tracked = self.tracked.get_mut().unwrap_or_else(PoisonError::into_inner);
        for list in tracked.lists.drain(..).filter_map(|list| list.upgrade()) {
            drop_values(list.take());
        }
        for map in tracked.maps.drain(..).filter_map(|map| map.upgrade()) {
            drop_values(map.take().into_values().collect());
        }
    }
}

impl std::fmt::Debug for ListCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("list")
    }
}

impl std::fmt::Debug for MapCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("map")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Map;
    use super::*;

    #[test]
    fn cycles_are_freed_with_the_heap() {
        let heap = Heap::default();
        let map = Map::new();
        map.insert("self", map.clone());
        heap.track(&Value::from(map.clone()));
        let weak = map.downgrade();
        drop(map);
        assert!(weak.upgrade().is_some());
        drop(heap);
        assert!(weak.upgrade().is_none());
    }

    #[test]
    fn dead_containers_are_swept_out() {
        let heap = Heap::default();
        for _ in 0..10_000 {
            heap.track(&Value::from(Map::new()));
        }
        let tracked = heap.tracked.lock().expect("not poisoned");
        assert!(tracked.maps.len() < 1025);
    }
}
