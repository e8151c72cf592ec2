//! Classes of characters by their names: Perl's, POSIX's and Unicode's.

use regex_syntax::ast::{self, Ast, Position, Span};
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, HirKind};

/// Returns a class of ranges.
pub(super) fn of(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|(from, to)| ClassUnicodeRange::new(*from, *to)))
}

/// Returns all characters.
pub(super) fn any() -> ClassUnicode {
    of(&[('\0', char::MAX)])
}

/// Returns Perl's class of a letter (`\d`), which is one of ASCII.
pub(super) fn perl(letter: u8) -> Option<ClassUnicode> {
    let mut class = of(match letter.to_ascii_lowercase() {
        b'd' => &[('0', '9')],
        b's' => &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
        b'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return None,
    });
    if letter.is_ascii_uppercase() {
        class.negate();
    }
    Some(class)
}

/// Returns the class of POSIX of a name, of which the second part says whether it is negated.
pub(super) fn posix(name: &[u8]) -> Option<(ClassUnicode, bool)> {
    let (name, negated) = name.strip_prefix(b"^").map_or((name, false), |name| (name, true));
    let ranges: &[(char, char)] = match name {
        b"alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        b"alpha" => &[('A', 'Z'), ('a', 'z')],
        b"ascii" => &[('\0', '\u{7f}')],
        b"blank" => &[('\t', '\t'), (' ', ' ')],
        b"cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        b"digit" => &[('0', '9')],
        b"graph" => &[('!', '~')],
        b"lower" => &[('a', 'z')],
        b"print" => &[(' ', '~')],
        b"punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        b"space" => &[('\t', '\r'), (' ', ' ')],
        b"upper" => &[('A', 'Z')],
        b"word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        b"xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    };
    Some((of(ranges), negated))
}

/// Returns a class of Unicode by the name of a category or a script. Case, spaces, `_` and `-` do not count.
pub(super) fn unicode(name: &str) -> Option<ClassUnicode> {
    let name: String = name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).collect();
    let name = name.to_ascii_lowercase();
    let query = match name.as_str() {
        "any" => return Some(any()),
        "ascii" => return Some(of(&[('\0', '\u{7f}')])),
        "assigned" => ast::ClassUnicodeKind::Named(name),
        // No text holds a surrogate.
        "cs" | "surrogate" => return Some(of(&[])),
        _ if CATEGORIES.split_ascii_whitespace().any(|known| known == name) => valued("gc", name),
        _ if SCRIPTS.split_ascii_whitespace().any(|known| known == name) => valued("sc", name),
        _ => return None,
    };
    // The crate's tables stand behind its syntax trees.
    let span = Span::splat(Position::new(0, 1, 1));
    let class = Ast::class_unicode(ast::ClassUnicode { span, negated: false, kind: query });
    match Translator::new().translate("", &class).ok()?.into_kind() {
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => Some(class),
        // The class of one character.
        HirKind::Literal(literal) => {
            let c = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(of(&[(c, c)]))
        }
        _ => None,
    }
}

fn valued(property: &str, value: String) -> ast::ClassUnicodeKind {
    ast::ClassUnicodeKind::NamedValue { op: ast::ClassUnicodeOpKind::Equal, name: property.to_owned(), value }
}

/// The general categories and their long names, without what does not count in a name.
const CATEGORIES: &str = "
    c cc cf cn co cs l lc ll lm lo lt lu m mc me mn n nd nl no p pc pd pe pf pi po ps s sc sk sm so z zl zp zs
    casedletter closepunctuation combiningmark connectorpunctuation control currencysymbol dashpunctuation
    decimalnumber enclosingmark finalpunctuation format initialpunctuation letter letternumber lineseparator
    lowercaseletter mark mathsymbol modifierletter modifiersymbol nonspacingmark number openpunctuation other
    otherletter othernumber otherpunctuation othersymbol paragraphseparator privateuse punctuation separator
    spaceseparator spacingmark surrogate symbol titlecaseletter unassigned uppercaseletter cntrl digit punct";

/// The scripts by their long names.
const SCRIPTS: &str = "
    adlam ahom anatolianhieroglyphs arabic armenian avestan balinese bamum bassavah batak bengali bhaiksuki bopomofo
    brahmi braille buginese buhid canadianaboriginal carian caucasianalbanian chakma cham cherokee chorasmian common
    coptic cuneiform cypriot cyprominoan cyrillic deseret devanagari divesakuru dogra duployan egyptianhieroglyphs
    elbasan elymaic ethiopic garay georgian glagolitic gothic grantha greek gujarati gunjalagondi gurmukhi
    gurungkhema han hangul hanifirohingya hanunoo hatran hebrew hiragana imperialaramaic inherited
    inscriptionalpahlavi inscriptionalparthian javanese kaithi kannada katakana kawi kayahli kharoshthi
    khitansmallscript khmer khojki khudawadi kiratrai lao latin lepcha limbu lineara linearb lisu lycian lydian
    mahajani makasar malayalam mandaic manichaean marchen masaramgondi medefaidrin meeteimayek mendekikakui
    meroiticcursive meroitichieroglyphs miao modi mongolian mro multani myanmar nabataean nagmundari nandinagari
    newtailue newa nko nushu nyiakengpuachuehmong ogham olchiki olonal oldhungarian olditalic oldnortharabian
    oldpermic oldpersian oldsogdian oldsoutharabian oldturkic olduyghur oriya osage osmanya pahawhhmong palmyrene
    paucinhau phagspa phoenician psalterpahlavi rejang runic samaritan saurashtra sharada shavian siddham signwriting
    sinhala sogdian sorasompeng soyombo sundanese sunuwar sylotinagri syriac tagalog tagbanwa taile taitham taiviet
    takri tamil tangsa tangut telugu thaana thai tibetan tifinagh tirhuta todhri toto tulutigalari ugaritic vai
    vithkuqi wancho warangciti yezidi yi zanabazarsquare";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_class() {
        for name in CATEGORIES.split_ascii_whitespace().chain(SCRIPTS.split_ascii_whitespace()) {
            assert!(unicode(name).is_some(), "{name}");
        }
        for name in ["Old_Italic", "lowercase letter", "L", "Any", "ASCII", "Assigned"] {
            assert!(unicode(name).is_some(), "{name}");
        }
        for name in ["", "Grek", "isGreek", "White_Space", "Alphabetic"] {
            assert!(unicode(name).is_none(), "{name}");
        }
    }
}
