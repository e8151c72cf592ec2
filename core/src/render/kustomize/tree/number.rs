//! Numbers as Go's strconv reads them.

/// Reads an integer as `strconv.Atoi` does: a sign is allowed, underscores are not.
pub(in crate::render::kustomize) fn go_atoi(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::go_atoi;

    #[test]
    fn integers_are_read_as_go_reads_them() {
        assert_eq!(go_atoi("+07"), Some(7));
        assert_eq!(go_atoi("-1"), Some(-1));
        for text in ["", "+", "1_0", "0x1", "1.0", "99999999999999999999"] {
            assert_eq!(go_atoi(text), None, "{text}");
        }
    }
}
