//! Passwords by the algorithm of Master Password: from one secret, another for every site.
//!
//! See <https://masterpassword.app/masterpassword-algorithm.pdf>.

use hmac::{Hmac, KeyInit, Mac};
use scrypt::Params;
use sha2::Sha256;

const SCOPE: &[u8] = b"com.lyndir.masterpassword";

/// The forms of passwords: each letter stands for a class of characters.
fn templates(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

/// The characters of a class.
fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// Returns the password of a kind for a site; a kind that does not exist is told in its place.
pub(super) fn password(counter: u32, kind: &[u8], secret: &[u8], user: &[u8], site: &[u8]) -> Vec<u8> {
    let Some(templates) = templates(kind) else {
        return [b"cannot find password template ", kind].concat();
    };
    let mut key = [0; 64];
    let salt = [SCOPE, &length(user), user].concat();
    let parameters = Params::new(15, 8, 2).expect("scrypt takes these numbers");
    scrypt::scrypt(secret, &salt, &parameters, &mut key).expect("64 bytes are a key");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length will do");
    mac.update(&[SCOPE, &length(site), site, &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()];
    let choose = |(class, random): (u8, &u8)| {
        let characters = characters(class);
        characters[usize::from(*random) % characters.len()]
    };
    template.bytes().zip(&seed[1..]).map(choose).collect()
}

fn length(text: &[u8]) -> [u8; 4] {
    // Go cuts the number to 32 bits, too.
    (text.len() as u32).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::check;

    #[test]
    fn the_same_secret_gives_the_same_password() {
        check(&[
            (r#"{{ derivePassword 1 "long" "password" "user" "example.com" }}"#, "ZedaFaxcZaso9*"),
            (r#"{{ derivePassword 1 "maximum" "password" "user" "example.com" }}"#, "pf4zS1LjCg&LjhsZ7T2~"),
            (r#"{{ derivePassword 1 "pin" "password" "user" "example.com" }}"#, "6685"),
            (r#"{{ derivePassword 1 "nope" "password" "user" "example.com" }}"#, "cannot find password template nope"),
        ]);
    }
}
