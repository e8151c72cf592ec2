//! What functions read of their arguments and give back, by their [`Flow`].

use super::store::{Evaluated, ReadStep};
use super::value::{Known, Text};
use super::walk::{Frame, Walk};
use crate::node::NodeId;
use crate::observe::Flow;

impl Walk<'_> {
    /// Returns what a call may give.
    pub(super) fn call(&mut self, frame: &Frame, node: NodeId, flow: Flow, args: &[Known]) -> Known {
        match flow {
            Flow::Test => {
                args.iter().for_each(|arg| self.test(arg));
                Known::other()
            }
            Flow::Has => {
                if let [map, key] = args {
                    self.test(map);
                    let found = self.index(map, key);
                    self.test(&found);
                    self.use_whole(key);
                }
                Known::other()
            }
            Flow::Pick => {
                args.iter().for_each(|arg| self.test(arg));
                joined(args)
            }
            Flow::Element => {
                args.iter().for_each(|arg| self.test(arg));
                args.iter().fold(Known::nothing(), |all, arg| all.joined(&self.store.element(arg, &ReadStep::Any)))
            }
            Flow::Elements => self.elements(frame, node, args),
            Flow::Chosen => {
                // Which elements there are depends on all of them.
                args.iter().for_each(|arg| self.use_whole(arg));
                self.elements(frame, node, args)
            }
            Flow::List => {
                let made = self.made(frame, node);
                args.iter().for_each(|arg| self.store.add(&made, arg));
                made
            }
            Flow::Dict => {
                let made = self.made(frame, node);
                for pair in args.chunks(2) {
                    if let [key, value] = pair {
                        self.put(&made, key, value);
                    }
                }
                made
            }
            Flow::Keys => {
                let mut text = Text::default();
                for arg in args {
                    self.test(arg);
                    let elements = self.store.element(arg, &ReadStep::Any);
                    self.test(&elements);
                    text.join(&self.store.text_of(&elements));
                }
                Known::made_of(text)
            }
            Flow::Set => match args {
                [map, key, value] => {
                    self.put(map, key, value);
                    map.clone()
                }
                _ => self.whole(args),
            },
            Flow::Merge { .. } => {
                if let [into, others @ ..] = args {
                    others.iter().for_each(|from| self.store.merge(into, from));
                    if into.other {
                        others.iter().for_each(|from| self.use_whole(from));
                    }
                    args.iter().for_each(|arg| self.test(arg));
                }
                joined(args)
            }
            Flow::Get => match args {
                [of, keys @ ..] => {
                    self.test(of);
                    keys.iter().fold(of.clone(), |at, key| {
                        self.use_whole(key);
                        self.index(&at, key)
                    })
                }
                [] => Known::nothing(),
            },
            Flow::Dig => match args {
                [keys @ .., default, map] => {
                    let found = keys.iter().fold(map.clone(), |at, key| {
                        self.test(&at);
                        self.use_whole(key);
                        self.index(&at, key)
                    });
                    self.test(&found);
                    found.joined(default)
                }
                _ => self.whole(args),
            },
            Flow::Include => match args {
                [name, data] => self.include(name, data),
                _ => self.whole(args),
            },
            Flow::Evaluate => match args {
                [text, data] => self.evaluate((frame.variant, node), text, data),
                _ => self.whole(args),
            },
            _ => self.whole(args),
        }
    }

    /// Reads all of the arguments; what comes of them holds nothing that is not read.
    fn whole(&mut self, args: &[Known]) -> Known {
        let mut text = Text::default();
        for arg in args {
            self.use_whole(arg);
            text.join(&self.store.text_of(arg));
        }
        Known::made_of(text)
    }

    /// A container with elements of the arguments, or the arguments, or a copy of one of them.
    fn elements(&mut self, frame: &Frame, node: NodeId, args: &[Known]) -> Known {
        let made = self.made(frame, node);
        for arg in args {
            self.test(arg);
            let elements = self.store.element(arg, &ReadStep::Any);
            self.store.add(&made, &elements);
            self.store.add(&made, arg);
        }
        made.joined(&joined(args))
    }

    fn put(&mut self, into: &Known, key: &Known, value: &Known) {
        if into.other {
            // Nobody can say who sees it there.
            self.use_whole(value);
        }
        match key.constant_texts() {
            Some(keys) => {
                for key in keys.clone() {
                    self.store.put(into, Some(&key), value);
                }
            }
            None => {
                self.use_whole(key);
                self.store.put(into, None, value);
            }
        }
    }

    /// Returns what is under a key, which may be computed.
    fn index(&mut self, of: &Known, key: &Known) -> Known {
        match key.constant_texts().filter(|keys| !keys.is_empty()) {
            Some(keys) => {
                let steps: Vec<ReadStep> = keys.iter().map(|key| ReadStep::Key(key.clone())).collect();
                steps.iter().fold(Known::nothing(), |all, step| all.joined(&self.store.element(of, step)))
            }
            None => {
                let elements = self.store.element(of, &ReadStep::Any);
                self.test(&elements);
                elements
            }
        }
    }

    fn include(&mut self, name: &Known, data: &Known) -> Known {
        self.use_whole(name);
        match name.constant_texts() {
            Some(names) => {
                let names: Vec<String> = names.iter().map(|name| name.to_str_lossy().into_owned()).collect();
                names.iter().fold(Known::other(), |all, name| all.joined(&self.run(name, data)))
            }
            // It may be any of them.
            None => {
                let names = self.names.clone();
                names.iter().fold(Known::other(), |all, name| all.joined(&self.run(name, data)))
            }
        }
    }

    fn evaluate(&mut self, at: (usize, NodeId), text: &Known, data: &Known) -> Known {
        self.use_whole(text);
        let text = self.store.text_of(text);
        let number = self.evaluated.len();
        let number = *self.evaluated_at.entry(at).or_insert(number);
        if number == self.evaluated.len() {
            self.evaluated.push(Evaluated::default());
        }
        let evaluated = &mut self.evaluated[number];
        evaluated.text.join(&text);
        evaluated.data.join(data);
        // Without an action in it, it is the text itself.
        let mut result = Known::made_of(text);
        result.text.evaluated.insert(number);
        result
    }
}

fn joined(args: &[Known]) -> Known {
    args.iter().fold(Known::nothing(), |all, arg| all.joined(arg))
}
