//! Sprig's base64 and base32.
//!
//! Reading tells the offset of what is wrong as Go does, and the error is the text that the template gets.

use gotemplate::{Fault, Functions, Signature, Str, Type, Value};

use super::cost;
use crate::render::helm::base64;

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    let text = || Signature::new([Type::String], Type::String);
    functions.add("b64enc", text(), |_, args| Ok(Value::from(data_encoding::BASE64.encode(bytes(&args[0])))));
    functions.add("b32enc", text(), |_, args| Ok(Value::from(data_encoding::BASE32.encode(bytes(&args[0])))));
    functions.add("b64dec", text(), |state, args| {
        cost::reading(state, bytes(&args[0]))?;
        Ok::<_, Fault>(decoded(base64::decode(bytes(&args[0]))))
    });
    functions.add("b32dec", text(), |state, args| {
        cost::reading(state, bytes(&args[0]))?;
        Ok::<_, Fault>(decoded(decode_base32(bytes(&args[0]))))
    });
}

fn decoded(result: Result<Vec<u8>, String>) -> Value {
    result.map_or_else(Value::from, |bytes| Value::Str(Str::from(bytes)))
}

fn bytes(value: &Value) -> &[u8] {
    match value {
        Value::Str(text) => text,
        _ => b"",
    }
}

/// Reads base32 with padding; line breaks are dropped before offsets are counted.
///
/// # Errors
/// Go's `base32.CorruptInputError`.
fn decode_base32(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| Err(format!("illegal base32 data at input byte {at}"));
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let mut start = 0;
    while start < text.len() {
        let (mut bits, mut count) = (0u64, 0);
        while count < 8 {
            let at = start + count;
            let Some(&byte) = text.get(at) else { return corrupt(text.len() - count) };
            let rest = &text[at + 1..];
            if byte == b'=' && count >= 2 && rest.len() < 8 {
                if rest.len() + count < 7 {
                    return corrupt(text.len());
                }
                if let Some(wrong) = rest.iter().take(7 - count).position(|byte| *byte != b'=') {
                    return corrupt(at + wrong);
                }
                if matches!(count, 3 | 6) {
                    return corrupt(at);
                }
                let whole = bits << (5 * (8 - count));
                out.extend_from_slice(&whole.to_be_bytes()[3..3 + count * 5 / 8]);
                return Ok(out);
            }
            let Some(digit) = base32_digit(byte) else { return corrupt(at) };
            bits = bits << 5 | u64::from(digit);
            count += 1;
        }
        out.extend_from_slice(&bits.to_be_bytes()[3..]);
        start += 8;
    }
    Ok(out)
}

fn base32_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn bytes_go_there_and_back() {
        check(&[
            (
                r#"{{ b64enc "héllo" }} {{ b64dec "aMOpbGxv" }} {{ b32enc "foob" }} {{ b32dec "MZXW6YQ=" }}"#,
                "aMOpbGxv héllo MZXW6YQ= foob",
            ),
            (r#"{{ b64dec "YW\nI=\n" }} {{ b32dec "MZXW\n6YQ=" }} {{ b64dec "" }}"#, "ab foob "),
        ]);
    }

    #[test]
    fn what_is_wrong_is_the_text() {
        check(&[
            (r#"{{ b64dec "!!!" }}"#, "illegal base64 data at input byte 0"),
            (r#"{{ b64dec "YWI" }}"#, "illegal base64 data at input byte 0"),
            (r#"{{ b64dec "YWJjYW=" }}"#, "illegal base64 data at input byte 7"),
            (r#"{{ b64dec "YWI=x" }}"#, "illegal base64 data at input byte 4"),
            (r#"{{ b32dec "mzxw6===" }}"#, "illegal base32 data at input byte 0"),
            (r#"{{ b32dec "MZXW6YQ" }}"#, "illegal base32 data at input byte 0"),
            (r#"{{ b32dec "MZXW6Y==" }}"#, "illegal base32 data at input byte 6"),
        ]);
    }
}
