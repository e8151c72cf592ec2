//! Tags and directives.

use std::borrow::Cow;

use super::token::WrittenTag;
use super::{Scan, Scanner, TokenKind};

impl<'a> Scanner<'a> {
    pub(super) fn scan_directive(&mut self) -> Scan<TokenKind<'a>> {
        self.input.advance(1);
        let name = self.input.take_alphanumeric();
        if name.is_empty() {
            return Err(self.input.error("could not find expected directive name"));
        }
        if !self.input.is_blankz(0) {
            return Err(self.input.error("found unexpected non-alphabetical character"));
        }
        let kind = match name {
            "YAML" => self.scan_version()?,
            "TAG" => self.scan_tag_directive()?,
            _ => return Err(self.input.error("found unknown directive name")),
        };
        self.input.skip_blanks(true);
        if self.input.at(0) == b'#' {
            self.input.skip_comment();
        }
        if !self.input.is_breakz() {
            return Err(self.input.error("did not find expected comment or line break"));
        }
        self.input.skip_line();
        Ok(kind)
    }

    fn scan_version(&mut self) -> Scan<TokenKind<'a>> {
        self.input.skip_blanks(true);
        let major = self.scan_version_number()?;
        if self.input.at(0) != b'.' {
            return Err(self.input.error("did not find expected digit or '.' character"));
        }
        self.input.advance(1);
        Ok(TokenKind::Version(major, self.scan_version_number()?))
    }

    fn scan_version_number(&mut self) -> Scan<u8> {
        let (mut value, mut digits) = (0, 0);
        while self.input.at(0).is_ascii_digit() {
            digits += 1;
            if digits > 2 {
                return Err(self.input.error("found extremely long version number"));
            }
            value = value * 10 + (self.input.at(0) - b'0');
            self.input.advance(1);
        }
        if digits == 0 {
            return Err(self.input.error("did not find expected version number"));
        }
        Ok(value)
    }

    fn scan_tag_directive(&mut self) -> Scan<TokenKind<'a>> {
        self.input.skip_blanks(true);
        let handle = self.scan_tag_handle(true)?;
        if !self.input.is_blank() {
            return Err(self.input.error("did not find expected whitespace"));
        }
        self.input.skip_blanks(true);
        let suffix = self.scan_tag_uri("")?;
        if !self.input.is_blankz(0) {
            return Err(self.input.error("did not find expected whitespace or line break"));
        }
        Ok(TokenKind::TagDirective(Box::new(WrittenTag { handle: handle.into(), suffix })))
    }

    pub(super) fn scan_tag(&mut self) -> Scan<TokenKind<'a>> {
        let (handle, suffix): (Cow<'a, str>, Cow<'a, str>) = if self.input.at(1) == b'<' {
            self.input.advance(2);
            let uri = self.scan_tag_uri("")?;
            if self.input.at(0) != b'>' {
                return Err(self.input.error("did not find the expected '>'"));
            }
            self.input.advance(1);
            ("".into(), uri)
        } else {
            let handle = self.scan_tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                (handle.into(), self.scan_tag_uri("")?)
            } else {
                let suffix = self.scan_tag_uri(handle)?;
                if suffix.is_empty() { ("".into(), "!".into()) } else { ("!".into(), suffix) }
            }
        };
        if !self.input.is_blankz(0) {
            return Err(self.input.error("did not find expected whitespace or line break"));
        }
        Ok(TokenKind::Tag(Box::new(WrittenTag { handle, suffix })))
    }

    fn scan_tag_handle(&mut self, directive: bool) -> Scan<&'a str> {
        let start = self.input.pos();
        if self.input.at(0) != b'!' {
            return Err(self.input.error("did not find expected '!'"));
        }
        self.input.advance(1);
        let name = self.input.take_alphanumeric();
        if self.input.at(0) == b'!' {
            self.input.advance(1);
        } else if directive && !name.is_empty() {
            return Err(self.input.error("did not find expected '!'"));
        }
        Ok(&self.input.text()[start..self.input.pos()])
    }

    /// Reads the rest of a tag; `head` is what looked like a handle and was none.
    fn scan_tag_uri(&mut self, head: &str) -> Scan<Cow<'a, str>> {
        let mut uri: Vec<u8> = head.bytes().skip(1).collect();
        let mut found = !head.is_empty();
        loop {
            match self.input.at(0) {
                b'%' => self.scan_uri_escape(&mut uri)?,
                b if b.is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()[]".contains(&b) => {
                    uri.push(b);
                    self.input.advance(1);
                }
                _ => break,
            }
            found = true;
        }
        if !found {
            return Err(self.input.error("did not find expected tag URI"));
        }
        Ok(String::from_utf8_lossy(&uri).into_owned().into())
    }

    fn scan_uri_escape(&mut self, uri: &mut Vec<u8>) -> Scan<()> {
        let mut left = None;
        while left != Some(0) {
            let digit = |ahead| char::from(self.input.at(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.input.at(0), digit(1), digit(2)) else {
                return Err(self.input.error("did not find URI escaped octet"));
            };
            let octet = u8::try_from(high << 4 | low).unwrap_or(0);
            left = Some(match (left, octet) {
                (None, 0..=0x7f) => 0,
                (None, 0xc0..=0xdf) => 1,
                (None, 0xe0..=0xef) => 2,
                (None, 0xf0..=0xf7) => 3,
                (None, _) => return Err(self.input.error("found an incorrect leading UTF-8 octet")),
                (Some(n), 0x80..=0xbf) => n - 1,
                _ => return Err(self.input.error("found an incorrect trailing UTF-8 octet")),
            });
            uri.push(octet);
            self.input.advance(3);
        }
        Ok(())
    }
}
