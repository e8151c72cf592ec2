//! Names, tags and digests of images.
//!
//! See `filters/imagetag` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>. Each image is looked
//! for in two ways: in `image` of every item of a field `containers` or `initContainers` wherever that stands, and in
//! the configured fields. Setting an image changes no structure, so the fields are found once for all images.

use ecow::EcoString;

use super::{Transformer, visit_specs};
use crate::go::regex::is_literal;
use crate::render::kustomize::config::Specs;
use crate::render::kustomize::decode::Image;
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::missed::Missed;
use crate::render::kustomize::regexp::{self, Regex};
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::resource::kind;
use crate::render::kustomize::session::Session;
use crate::render::kustomize::tree::{Body, Kind, NodeId, Tag, Tree};

/// Sets images.
#[derive(Debug)]
pub(in crate::render::kustomize) struct Images {
    images: Vec<(Image, Name)>,
    specs: Specs,
}

/// How the name of an image is compared: as a text, or as the expression that it is.
#[derive(Debug)]
enum Name {
    Literal,
    Pattern(Regex),
}

impl Images {
    /// Returns the transformer.
    ///
    /// # Errors
    /// When a name is no regular expression.
    pub(in crate::render::kustomize) fn new(images: Vec<Image>, specs: Specs) -> Result<Images> {
        let compile = |image: Image| {
            let name = if is_literal(&image.name) {
                Name::Literal
            } else {
                let pattern = format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", image.name);
                Name::Pattern(regexp::compile(&pattern).map_err(Error::new)?)
            };
            Ok((image, name))
        };
        Ok(Images { images: images.into_iter().map(compile).collect::<Result<_>>()?, specs })
    }

    /// Returns the fields of a document that hold images.
    fn fields(&self, tree: &mut Tree, root: NodeId) -> Result<Vec<NodeId>> {
        let mut fields = Vec::new();
        in_containers(tree, root, &mut fields)?;
        visit_specs(tree, root, &self.specs, None, &mut |_, node| {
            fields.push(node);
            Ok(())
        })?;
        Ok(fields)
    }

    fn missed(&self, session: &Session<'_>, map: &ResMap, image: &Image) -> Missed {
        let tree = &session.tree;
        let mut fields = Vec::new();
        for resource in map.list().iter().filter(|resource| kind(tree, resource.root) != "CustomResourceDefinition") {
            // What is no list or map was an error before.
            drop(in_containers(tree, resource.root, &mut fields));
        }
        let mut candidates: Vec<EcoString> = fields.iter().map(|field| split(tree.text(*field)).0.into()).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let name = &image.name;
        Missed::new(format!("no container has the image `{name}`"), name.clone(), candidates)
    }
}

impl Transformer for Images {
    fn transform(&self, session: &mut Session<'_>, map: &mut ResMap) -> Result<()> {
        if self.images.is_empty() {
            return Ok(());
        }
        let mut used = vec![false; self.images.len()];
        for resource in map.list() {
            let (tree, root) = (&mut session.tree, resource.root);
            // See https://github.com/kubernetes-sigs/kustomize/issues/890.
            if kind(tree, root) == "CustomResourceDefinition" {
                continue;
            }
            let fields = self.fields(tree, root)?;
            for ((image, name), used) in self.images.iter().zip(&mut used) {
                for field in &fields {
                    *used |= set(tree, *field, image, name)?;
                }
            }
        }
        for (at, (image, _)) in self.images.iter().enumerate().filter(|(at, _)| !used[*at]) {
            session.miss(|session| Missed { entry: Some(at), ..self.missed(session, map, image) });
        }
        Ok(())
    }
}

/// Finds the images of containers, wherever they stand: inner ones first.
fn in_containers(tree: &Tree, node: NodeId, found: &mut Vec<NodeId>) -> Result<()> {
    match &tree.get(node).body {
        Body::Scalar(_) => Ok(()),
        Body::Seq(items) => items.iter().try_for_each(|item| in_containers(tree, *item, found)),
        Body::Map(entries) => entries.iter().try_for_each(|(key, value)| {
            in_containers(tree, *value, found)?;
            if matches!(tree.text(*key), "containers" | "initContainers") && tree.kind(*value) == Kind::Seq {
                for item in tree.items(*value) {
                    found.extend(tree.get_field(*item, "image")?);
                }
            }
            Ok(())
        }),
    }
}

/// Returns whether the field has the image.
fn set(tree: &mut Tree, field: NodeId, image: &Image, name: &Name) -> Result<bool> {
    tree.expect(field, Kind::Scalar)?;
    let value = tree.text(field);
    let matches = match name {
        Name::Literal => value.strip_prefix(image.name.as_str()).is_some_and(is_rest),
        Name::Pattern(pattern) => pattern.is_match(value),
    };
    if matches {
        let text = replaced(value, image);
        tree.set_scalar(field, text, Tag::Empty)?;
    }
    Ok(matches)
}

/// Whether a text is what may follow the name of an image: a tag and a digest, each or none.
fn is_rest(rest: &str) -> bool {
    let word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.{}-".contains(&b));
    let (tag, digest) = match rest.split_once("@sha256:") {
        Some((tag, digest)) => (tag, digest),
        None => (rest, ""),
    };
    word(digest) && (tag.is_empty() || tag.strip_prefix(':').is_some_and(word))
}

fn replaced(value: &str, image: &Image) -> EcoString {
    let (name, tag, digest) = split(value);
    let name = if image.new_name.is_empty() { name } else { &image.new_name };
    let suffixed;
    let (tag, digest) = match (image.new_tag.as_str(), image.digest.as_str(), image.tag_suffix.as_str()) {
        ("", "", "") => (tag, digest),
        ("", "", suffix) => {
            suffixed = format!("{tag}{suffix}");
            (suffixed.as_str(), "")
        }
        (tag, digest, _) => (tag, digest),
    };
    let mut out = EcoString::from(name);
    if !tag.is_empty() {
        out.push(':');
        out.push_str(tag);
    }
    if !digest.is_empty() {
        out.push('@');
        out.push_str(digest);
    }
    out
}

/// Splits an image into name, tag and digest; a port of the host is no tag.
pub(in crate::render::kustomize) fn split(image: &str) -> (&str, &str, &str) {
    let start = image.find('/').unwrap_or(0);
    let at = image[start..].find('@').map(|at| at + start);
    let colon = image[start..].find(':').map(|at| at + start);
    match (colon, at) {
        (None, None) => (image, "", ""),
        (colon, Some(at)) if colon.is_none_or(|colon| at < colon) => (&image[..at], "", &image[at + 1..]),
        (Some(colon), Some(at)) => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (Some(colon), None) => (&image[..colon], &image[colon + 1..], ""),
        (None, Some(at)) => (&image[..at], "", &image[at + 1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_split_behind_their_host() {
        assert_eq!(split("host:5000/a/b:v1@sha256:x"), ("host:5000/a/b", "v1", "sha256:x"));
        assert_eq!(split("host:5000/a"), ("host:5000/a", "", ""));
        assert_eq!(split("a@sha256:x"), ("a", "", "sha256:x"));
        assert_eq!(split("a:1"), ("a", "1", ""));
    }

    #[test]
    fn parts_are_replaced() {
        let image = |new_tag: &str, digest: &str, suffix: &str| Image {
            new_tag: new_tag.into(),
            digest: digest.into(),
            tag_suffix: suffix.into(),
            ..Image::default()
        };
        assert_eq!(replaced("a:1@sha256:x", &image("2", "", "")), "a:2");
        assert_eq!(replaced("a:1", &image("", "sha256:y", "")), "a@sha256:y");
        assert_eq!(replaced("a:1@sha256:x", &image("", "", "-rc")), "a:1-rc");
        assert_eq!(replaced("a", &image("2", "sha256:y", "")), "a:2@sha256:y");
    }

    #[test]
    fn only_tag_and_digest_may_follow_a_name() {
        for yes in ["", ":1", ":", "@sha256:a", ":1@sha256:a", "@sha256:"] {
            assert!(is_rest(yes), "{yes}");
        }
        for no in ["x", ":1/x", "@md5:a", "/x"] {
            assert!(!is_rest(no), "{no}");
        }
    }
}
