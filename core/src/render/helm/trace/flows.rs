//! How the result of each function of Sprig and Helm comes from its arguments.
//!
//! For origins and for the paths that templates read. What is not listed is unknown: its result comes, as a whole, from
//! all arguments, which are read as a whole. So a mistake here is one of saying too much, and each line says no more
//! than the function holds.

use gotemplate::Functions;
use gotemplate::observe::Flow;

use super::leaves;

/// Declares the flows of the functions that are there.
pub(in crate::render::helm) fn declare(functions: &mut Functions) {
    for (flow, names) in FLOWS {
        for name in names.split_whitespace() {
            functions.set_flow(name, *flow);
        }
    }
}

#[rustfmt::skip]
const FLOWS: &[(Flow, &str)] = &[
    // Helm's own.
    (Flow::Include, "include"),
    (Flow::Evaluate, "tpl"),
    (Flow::Opaque, "lookup"),
    (Flow::Custom(leaves::written), "toYaml mustToYaml toYamlPretty toJson mustToJson toRawJson mustToRawJson toPrettyJson \
        mustToPrettyJson"),
    (Flow::Custom(leaves::read), "fromYaml fromYamlArray fromJson fromJsonArray mustFromJson"),
    (Flow::Whole, "toToml mustToToml fromToml fail"),
    // Choices.
    (Flow::Pick, "default coalesce ternary required"),
    (Flow::Test, "empty all any kindOf kindIs typeOf typeIs typeIsLike"),
    (Flow::Has, "hasKey"),
    (Flow::Whole, "has mustHas deepEqual"),
    // Containers.
    (Flow::List, "list tuple"),
    (Flow::Dict, "dict"),
    (Flow::Get, "get"),
    (Flow::Dig, "dig"),
    (Flow::Set, "set"),
    (Flow::Keys, "keys"),
    (Flow::Element, "first mustFirst last mustLast"),
    (Flow::Elements, "append push mustAppend mustPush prepend mustPrepend rest mustRest initial mustInitial reverse \
        mustReverse slice mustSlice concat chunk mustChunk pick omit unset values pluck deepCopy mustDeepCopy"),
    (Flow::Chosen, "uniq mustUniq without mustWithout compact mustCompact sortAlpha toStrings"),
    (Flow::Merge { later_wins: false }, "merge mustMerge"),
    (Flow::Merge { later_wins: true }, "mergeOverwrite mustMergeOverwrite"),
    // Texts.
    (Flow::Lines(1), "indent nindent"),
    (Flow::Joined, "quote squote cat"),
    (Flow::Joined, "join"),
    (Flow::Part(0), "trim base dir ext osBase osDir osExt"),
    (Flow::Part(1), "trimAll trimall trimPrefix trimSuffix trunc regexFind mustRegexFind"),
    (Flow::Part(2), "substr"),
    (Flow::Bytes(0), "upper lower title untitle swapcase"),
    (Flow::Edited(0), "nospace toString clean osClean"),
    (Flow::Edited(1), "wrap regexReplaceAll mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral"),
    (Flow::Edited(2), "replace wrapWith"),
    (Flow::Split(1), "split splitList regexSplit mustRegexSplit regexFindAll mustRegexFindAll"),
    (Flow::Split(2), "splitn"),
    (Flow::Whole, "abbrev abbrevboth repeat initials snakecase camelcase kebabcase plural contains hasPrefix hasSuffix \
        regexMatch mustRegexMatch regexQuoteMeta b64enc b64dec b32enc b32dec sha1sum sha256sum sha512sum adler32sum"),
    // Numbers, versions, paths, dates: nothing in them holds an argument.
    (Flow::Whole, "int int64 float64 atoi toDecimal add add1 sub mul div mod addf add1f subf mulf divf max min maxf minf \
        biggest ceil floor round until untilStep seq semver semverCompare isAbs osIsAbs urlParse urlJoin getHostByName \
        ago date dateInZone date_in_zone htmlDate htmlDateInZone date_modify dateModify must_date_modify mustDateModify \
        toDate mustToDate unixEpoch duration durationRound durationRoundTo durationTruncateTo durationDays durationHours \
        durationMinutes durationSeconds durationMilliseconds durationMicroseconds durationNanoseconds durationWeeks \
        mustToDuration"),
    // Time and chance.
    (Flow::Opaque, "now uuidv4 randAlpha randAlphaNum randNumeric randAscii randBytes randInt hello"),
    (Flow::Whole, "shuffle bcrypt htpasswd derivePassword genPrivateKey genCA genCAWithKey genSelfSignedCert \
        genSelfSignedCertWithKey genSignedCert genSignedCertWithKey buildCustomCert encryptAES decryptAES"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_listed_twice_and_every_name_is_a_function() {
        let mut names: Vec<&str> = FLOWS.iter().flat_map(|(_, names)| names.split_whitespace()).collect();
        names.sort_unstable();
        let twice: Vec<&str> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        assert_eq!(twice, [""; 0]);
        let functions = crate::render::helm::engine::all_functions();
        let unknown: Vec<&str> = names.into_iter().filter(|name| !functions.contains(name)).collect();
        assert_eq!(unknown, [""; 0]);
    }

    #[test]
    fn every_function_has_a_flow() {
        let listed: std::collections::BTreeSet<&str> =
            FLOWS.iter().flat_map(|(_, names)| names.split_whitespace()).collect();
        let functions = crate::render::helm::engine::all_functions();
        let builtin = gotemplate::Functions::new();
        let names: Vec<_> = functions.names().into_iter().filter(|name| !builtin.contains(name)).collect();
        let missing: Vec<_> = names.iter().filter(|name| !listed.contains(&***name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
