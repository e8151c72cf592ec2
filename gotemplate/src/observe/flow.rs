//! How the result of a function comes from its arguments.

use super::Mapping;

/// What a function does with its arguments, for those who want to know where its result came from.
///
/// A text that stands in an argument and in the result keeps its origins, byte range by byte range. Arguments are
/// counted from 0, what comes through a pipe is the last. A flow that promises more than the function holds makes
/// explanations false and nothing else; where nothing fits, [`Flow::Whole`] is always true of a function that depends on
/// its arguments alone.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub enum Flow {
    /// Nothing is known: the result may be an argument or hold parts of arguments; as a whole it comes from all of
    /// them.
    #[default]
    Unknown,
    /// The result is made from all arguments, and holds none of them (`sha256sum`, `add`, `eq`).
    Whole,
    /// The result says of what type the arguments are, or whether they are empty, and nothing else of them (`not`,
    /// `kindIs`).
    Test,
    /// The result says whether the first argument, a map, has the second for a key (`hasKey`).
    Has,
    /// The result has nothing to do with the arguments (`now`, `randAlphaNum`).
    Opaque,
    /// The result is one of the arguments; which one depends on whether they are empty (`default`, `ternary`).
    Pick,
    /// The result is an element of an argument, wherever it may be (`first`, `last`).
    Element,
    /// The result is a container with elements of the arguments, or a copy of an argument; what they are does not matter
    /// (`append`, `concat`, `rest`, `omit`, `values`, `deepCopy`).
    Elements,
    /// As [`Flow::Elements`], but which elements depends on what they are (`uniq`, `without`, `sortAlpha`).
    Chosen,
    /// The result is a list of the arguments (`list`).
    List,
    /// The result is a map of the arguments, by turns keys and values (`dict`).
    Dict,
    /// The result is the list of the keys of the arguments (`keys`).
    Keys,
    /// The first argument is a map, which gets the third argument under the key that is the second (`set`).
    Set,
    /// The first argument is a map, which gets what the others have. What is there stays, unless later ones win.
    Merge {
        /// The last argument that has a key decides (`mergeOverwrite`).
        later_wins: bool,
    },
    /// The result is the element of the first argument that the others lead to, one after the other (`index`, `get`).
    Get,
    /// The last argument is a map, the result what the keys before it lead to, or the argument before the last (`dig`).
    Dig,
    /// The lines of an argument stand in the result, each with something before it (`indent`).
    Lines(usize),
    /// The result is a part of an argument's text (`trim`, `trunc`).
    Part(usize),
    /// The text of an argument with each byte in its place (`upper`).
    Bytes(usize),
    /// The text of an argument with some of it replaced, added or left out (`replace`).
    Edited(usize),
    /// The arguments stand in the result one after the other, elements of lists among them, with something between them;
    /// perhaps between quotes, with escapes (`quote`, `cat`, `join`).
    Joined,
    /// The result is a list of parts of an argument's text, in their order (`splitList`).
    Split(usize),
    /// The arguments are a format and what it formats (`printf`).
    Format,
    /// The function runs the template that the first argument names, with the second for data (`include`).
    Include,
    /// The function compiles the first argument and runs it with the second for data (`tpl`).
    Evaluate,
    /// A function of the host's says it, piece by piece.
    Custom(fn(&mut Mapping<'_>)),
}
