//! Sprig's hashes, passwords and encryption.

mod derive;

use aes::Aes256;
use aes::cipher::block_padding::{NoPadding, Pkcs7};
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use data_encoding::{BASE64, Encoding, HEXLOWER, Specification};
use gotemplate::{Fault, Functions, Signature, State, Str, Type, Value};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use std::sync::LazyLock;

use super::cost;
use crate::render::helm::base64;
use crate::render::helm::context;

/// Adds the functions.
pub(super) fn add(functions: &mut Functions) {
    add_hashes(functions);
    add_passwords(functions);
    add_encryption(functions);
}

fn add_hashes(functions: &mut Functions) {
    let mut add = |name, digest: fn(&[u8]) -> String| {
        functions.add(name, Signature::new([Type::String], Type::String), move |state, args| {
            let text = bytes(&args[0]);
            cost::reading(state, text)?;
            Ok::<_, Fault>(Value::from(digest(text)))
        });
    };
    add("sha1sum", |text| HEXLOWER.encode(&Sha1::digest(text)));
    add("sha256sum", |text| HEXLOWER.encode(&Sha256::digest(text)));
    add("sha512sum", |text| HEXLOWER.encode(&Sha512::digest(text)));
    add("adler32sum", |text| adler2::adler32_slice(text).to_string());
}

fn add_passwords(functions: &mut Functions) {
    functions.add("bcrypt", Signature::new([Type::String], Type::String), |state, args| {
        bcrypt(state, "bcrypt", bytes(&args[0])).map(Value::from)
    });
    functions.add("htpasswd", Signature::new([Type::String, Type::String], Type::String), |state, args| {
        let mut user = bytes(&args[0]).to_vec();
        if user.contains(&b':') {
            return Ok(Value::Str([b"invalid username: ", user.as_slice()].concat().into()));
        }
        user.push(b':');
        user.extend_from_slice(bcrypt(state, "htpasswd", bytes(&args[1]))?.as_bytes());
        Ok::<_, Fault>(Value::Str(user.into()))
    });
    let strings = [Type::Uint32, Type::String, Type::String, Type::String, Type::String];
    functions.add("derivePassword", Signature::new(strings, Type::String), |state, args| {
        state.spend(2 * HASHING)?;
        let counter = if let Value::Uint(counter, _) = args[0] { counter } else { 0 };
        let text = |at: usize| bytes(&args[at]);
        let counter = u32::try_from(counter).unwrap_or_default();
        Ok::<_, Fault>(Value::Str(derive::password(counter, text(1), text(2), text(3), text(4)).into()))
    });
    functions.add("randBytes", Signature::new([Type::Int], Type::String), |state, args| {
        let Value::Int(count, _) = args[0] else { return Ok(Value::from("")) };
        let limit = state.limits().output;
        match usize::try_from(count) {
            Err(_) => Err(Fault::from("runtime error: makeslice: len out of range")),
            Ok(count) if count > limit => Err(Fault::limit("output", format!("text is longer than {limit} bytes"))),
            Ok(count) => {
                let mut bytes = vec![0; count];
                context::random(state, "randBytes", &mut bytes)?;
                Ok(Value::from(BASE64.encode(&bytes)))
            }
        }
    });
}

fn add_encryption(functions: &mut Functions) {
    let strings = || Signature::new([Type::String, Type::String], Type::String);
    functions.add("encryptAES", strings(), |state, args| {
        let plain = bytes(&args[1]);
        if plain.is_empty() {
            return Ok(Value::from(""));
        }
        cost::reading(state, plain)?;
        let mut iv = [0; 16];
        context::random(state, "encryptAES", &mut iv)?;
        let cipher = cbc::Encryptor::<Aes256>::new(&aes_key(bytes(&args[0])).into(), &iv.into());
        let encrypted = cipher.encrypt_padded_vec::<Pkcs7>(plain);
        Ok::<_, Fault>(Value::from(BASE64.encode(&[&iv, encrypted.as_slice()].concat())))
    });
    functions.add("decryptAES", strings(), |state, args| {
        let text = bytes(&args[1]);
        cost::reading(state, text)?;
        decrypt(bytes(&args[0]), text).map(|plain| Value::Str(Str::from(plain))).map_err(Fault::from)
    });
}

/// Returns a password as the key of AES-256: cut, or filled up with zeros.
fn aes_key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let length = password.len().min(32);
    key[..length].copy_from_slice(&password[..length]);
    key
}

/// Undoes `encryptAES`. What is wrong ends in the panics of Go, which looks at nothing before it reads.
fn decrypt(password: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let data = base64::decode(text)?;
    let Some((iv, encrypted)) = data.split_first_chunk::<16>() else {
        let capacity = text.len() / 4 * 3;
        return Err(match capacity < 16 {
            true => format!("runtime error: slice bounds out of range [:16] with capacity {capacity}"),
            // Go reaches behind the end here, and then finds no text.
            false => format!("runtime error: slice bounds out of range [16:{}]", data.len()),
        });
    };
    if encrypted.len() % 16 != 0 {
        return Err("crypto/cipher: input not full blocks".to_owned());
    }
    let cipher = cbc::Decryptor::<Aes256>::new(&aes_key(password).into(), &(*iv).into());
    let mut plain = cipher.decrypt_padded_vec::<NoPadding>(encrypted).map_err(|error| error.to_string())?;
    let Some(&padding) = plain.last() else { return Err("runtime error: index out of range [-1]".to_owned()) };
    match plain.len().checked_sub(usize::from(padding)) {
        Some(length) => plain.truncate(length),
        None => {
            let over = usize::from(padding) - plain.len();
            return Err(format!("runtime error: slice bounds out of range [:-{over}]"));
        }
    }
    Ok(plain)
}

/// Steps of hashing a password, which is made to be slow.
const HASHING: u64 = 1_000_000;

/// bcrypt's own order of the characters of base64.
static BCRYPT64: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    specification.encoding().expect("64 different characters")
});

/// Hashes a password with a salt of the host's, at the cost that Go takes by default.
fn bcrypt(state: &mut State<'_>, function: &'static str, password: &[u8]) -> Result<String, Fault> {
    const COST: u32 = 10;
    if password.len() > 72 {
        let reason = "bcrypt: password length exceeds 72 bytes";
        return Ok(format!("failed to encrypt string with bcrypt: {reason}"));
    }
    state.spend(HASHING)?;
    let mut salt = [0; 16];
    context::random(state, function, &mut salt)?;
    let mut key = password.to_vec();
    key.push(0);
    key.truncate(72);
    let hash = bcrypt::bcrypt(COST, salt, &key);
    Ok(format!("$2a${COST}${}{}", BCRYPT64.encode(&salt), BCRYPT64.encode(&hash[..23])))
}

fn bytes(value: &Value) -> &[u8] {
    match value {
        Value::Str(text) => text,
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn hashes_are_those_of_everybody() {
        check(&[
            (r#"{{ sha1sum "abc" }}"#, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (r#"{{ sha256sum "abc" }}"#, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (r#"{{ sha512sum "" | regexFind "^.{16}" }}"#, "cf83e1357eefb8bd"),
            (r#"{{ adler32sum "abc" }}"#, "38600999"),
        ]);
    }

    #[test]
    fn passwords_are_hashed_at_cost_10() {
        check(&[
            (r#"{{ regexMatch "^[$]2a[$]10[$][./0-9A-Za-z]{53}$" (bcrypt "x") }}"#, "true"),
            (r#"{{ regexMatch "^u:[$]2a[$]10[$]" (htpasswd "u" "x") }}"#, "true"),
            (r#"{{ htpasswd "us:er" "p" }}"#, "invalid username: us:er"),
        ]);
        let key = b"abc\0";
        let salt: [u8; 16] = BCRYPT64.decode(b"If6bvum7DFjUnE9p2uDeDu").expect("a salt").try_into().expect("16 bytes");
        let hash = bcrypt::bcrypt(6, salt, key);
        assert_eq!(BCRYPT64.encode(&hash[..23]), "0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i");
    }

    #[test]
    fn encryption_is_undone() {
        check(&[
            (r#"{{ encryptAES "k" "世界" | decryptAES "k" }} {{ encryptAES "k" "" }}{{ decryptAES "k" "" }}"#, "世界 "),
            (r#"{{ decryptAES "secretkey" "30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=" }}"#, "plaintext"),
            (
                r#"{{ decryptAES "wrong" "30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=" }}"#,
                "! runtime error: slice bounds out of range [:-44]",
            ),
            (r#"{{ decryptAES "k" "bad!" }}"#, "! illegal base64 data at input byte 3"),
            (r#"{{ decryptAES "k" "YWJj" }}"#, "! runtime error: slice bounds out of range [:16] with capacity 3"),
            (r#"{{ decryptAES "k" "YWJjZGVmZ2hpamtsbW5vcHFy" }}"#, "! crypto/cipher: input not full blocks"),
        ]);
    }

    #[test]
    fn random_bytes_are_base64() {
        check(&[
            (r#"{{ randBytes 16 | b64dec | len }} {{ randBytes 0 }}"#, "16 "),
            (r#"{{ randBytes -1 }}"#, "! runtime error: makeslice: len out of range"),
        ]);
    }
}
