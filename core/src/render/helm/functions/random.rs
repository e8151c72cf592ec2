//! Sprig's random functions, fed by the host.
//!
//! How many bytes a function draws, and what it makes of them, is part of its contract here: with a seed, a chart
//! renders to the same bytes everywhere and after every update.

use gotemplate::{Fault, Functions, Signature, State, Type, Value};

use crate::render::helm::context;
use crate::render::helm::value::runes;

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    for (name, alphabet) in [
        ("randAlphaNum", ALPHANUMERIC),
        ("randAlpha", &ALPHANUMERIC[10..]),
        ("randNumeric", &ALPHANUMERIC[..10]),
        ("randAscii", ASCII),
    ] {
        functions.add(name, Signature::new([Type::Int], Type::String), move |state, args| {
            text(state, name, alphabet, int(&args[0]))
        });
    }
    functions.add("randInt", Signature::new([Type::Int, Type::Int], Type::Int), |state, args| {
        let (min, max) = (int(&args[0]), int(&args[1]));
        match u64::try_from(max.wrapping_sub(min)) {
            Ok(range) if range > 0 => Ok(Value::from(below(state, "randInt", range)?.cast_signed().wrapping_add(min))),
            _ => Err(Fault::from("invalid argument to Intn")),
        }
    });
    functions.add("shuffle", Signature::new([Type::String], Type::String), |state, args| {
        let Value::Str(text) = &args[0] else { return Ok(Value::from("")) };
        state.spend(40 * text.len() as u64)?;
        state.charge(4 * text.len())?;
        let mut shuffled: Vec<char> = runes(text).map(|(_, rune, _)| rune).collect();
        for last in (1..shuffled.len()).rev() {
            let other = below(state, "shuffle", last as u64 + 1)?;
            shuffled.swap(last, usize::try_from(other).unwrap_or(last));
        }
        Ok::<_, Fault>(Value::from(shuffled.into_iter().collect::<String>()))
    });
    functions.add("uuidv4", Signature::new([], Type::String), |state, _| {
        let mut bytes = [0; 16];
        context::random(state, "uuidv4", &mut bytes)?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = data_encoding::HEXLOWER.encode(&bytes);
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        Ok::<_, Fault>(Value::from(parts.join("-")))
    });
}

const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// All printable characters of ASCII.
const ASCII: &[u8] =
    br##" !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~"##;

fn int(value: &Value) -> i64 {
    match value {
        Value::Int(int, _) => *int,
        _ => 0,
    }
}

/// Draws a text of so many characters; each byte that would favour some of them is passed over.
fn text(state: &mut State<'_>, function: &'static str, alphabet: &[u8], count: i64) -> Result<Value, Fault> {
    // Sprig drops the error that a negative number is.
    let count = usize::try_from(count).unwrap_or(0);
    let limit = state.limits().output;
    if count > limit {
        return Err(Fault::limit("output", format!("text is longer than {limit} bytes")));
    }
    state.spend(count as u64)?;
    let fair = 256 / alphabet.len() * alphabet.len();
    let mut out = Vec::with_capacity(count);
    let mut bytes = [0; 64];
    while out.len() < count {
        let bytes = &mut bytes[..(count - out.len()).min(64)];
        context::random(state, function, bytes)?;
        let drawn = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        out.extend(drawn.map(|byte| alphabet[byte % alphabet.len()]));
    }
    Ok(Value::Str(out.into()))
}

/// Draws a number below a bound, which is not 0.
fn below(state: &mut State<'_>, function: &'static str, bound: u64) -> Result<u64, Fault> {
    let fair = u64::MAX - u64::MAX % bound;
    loop {
        let mut bytes = [0; 8];
        context::random(state, function, &mut bytes)?;
        let number = u64::from_le_bytes(bytes);
        if number < fair {
            return Ok(number % bound);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::{NOW, check, render, render_in};
    use crate::render::SeededHost;
    use crate::render::helm::context::{Context, Source};
    use crate::source::Limits;

    #[test]
    fn each_function_keeps_to_its_characters() {
        check(&[
            (r#"{{ regexMatch "^[0-9A-Za-z]{200}$" (randAlphaNum 200) }}"#, "true"),
            (r#"{{ regexMatch "^[A-Za-z]{200}$" (randAlpha 200) }}"#, "true"),
            (r#"{{ regexMatch "^[0-9]{200}$" (randNumeric 200) }}"#, "true"),
            (r#"{{ regexMatch "^[ -~]{200}$" (randAscii 200) }}"#, "true"),
            (
                r#"{{ regexMatch "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$" uuidv4 }}"#,
                "true",
            ),
            (r#"{{ randAlpha 0 }}{{ randAlpha -1 }}{{ shuffle "" }}{{ shuffle "é" }}"#, "é"),
            (r#"{{ range 100 }}{{ if or (lt (randInt -2 3) -2) (gt (randInt -2 3) 2) }}x{{ end }}{{ end }}"#, ""),
            (r#"{{ randInt 3 3 }}"#, "! invalid argument to Intn"),
            (r#"{{ randAlpha 1000000000 }}"#, "! text is longer than 67108864 bytes"),
        ]);
    }

    #[test]
    fn a_seed_fixes_what_is_drawn_for_good() {
        let template = r#"{{ randAlphaNum 8 }} {{ randInt 0 1000 }} {{ shuffle "abcdef" }} {{ uuidv4 }}"#;
        let drawn = "1dgv4LM8 402 efdcab 26546f30-3b92-4d84-9b5e-9fbc9581c1ee";
        assert_eq!(render(template).as_deref(), Ok(drawn));
    }

    #[test]
    fn drawing_is_noted() {
        let mut context = Context::new(Arc::new(SeededHost::new("", NOW)), Limits::default());
        render_in(&mut context, "{{ uuidv4 }}{{ randInt 0 9 }}{{ uuidv4 }}", "{}").expect("text");
        let calls: Vec<_> = context.impure().iter().map(|call| (call.on, call.function, &*call.template)).collect();
        assert_eq!(calls, [(Source::Randomness, "randInt", "t"), (Source::Randomness, "uuidv4", "t")]);
    }
}
