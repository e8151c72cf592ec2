//! The kustomization file.
//!
//! See `types/kustomization.go` of <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

use super::scalars::{PatchText, SortOrder};
use super::{
    ConfigMapArgs, GeneratorOptions, HelmChart, HelmChartArgs, HelmGlobals, Image, Label, Mode, Patch,
    ReplacementField, Replica, SecretArgs, StringMap, Text, Var, decode, go_struct,
};
use crate::render::kustomize::error::{Error, Result};
use crate::source::Limits;
use crate::value::Value;
use crate::yaml::{Numbers, unmarshal};

go_struct! {
    /// What a kustomization file says.
    struct Kustomization: "types.Kustomization" {
        kind: Text = "TypeMeta/kind",
        api_version: Text = "TypeMeta/apiVersion",
        metadata: Option<ObjectMeta> = "metadata",
        openapi: StringMap = "openapi",
        name_prefix: Text = "namePrefix",
        name_suffix: Text = "nameSuffix",
        namespace: Text = "namespace",
        common_labels: StringMap = "commonLabels",
        labels: Vec<Label> = "labels",
        common_annotations: StringMap = "commonAnnotations",
        patches_strategic_merge: Vec<PatchText> = "patchesStrategicMerge",
        patches_json6902: Vec<Patch> = "patchesJson6902",
        patches: Vec<Patch> = "patches",
        images: Vec<Image> = "images",
        image_tags: Vec<Image> = "imageTags",
        replacements: Vec<ReplacementField> = "replacements",
        replicas: Vec<Replica> = "replicas",
        vars: Vec<Var> = "vars",
        sort_options: Option<SortOptions> = "sortOptions",
        resources: Vec<Text> = "resources",
        components: Vec<Text> = "components",
        crds: Vec<Text> = "crds",
        bases: Vec<Text> = "bases",
        config_map_generator: Vec<ConfigMapArgs> = "configMapGenerator",
        secret_generator: Vec<SecretArgs> = "secretGenerator",
        helm_globals: Option<HelmGlobals> = "helmGlobals",
        helm_charts: Vec<HelmChart> = "helmCharts",
        helm_chart_inflation_generator: Vec<HelmChartArgs> = "helmChartInflationGenerator",
        generator_options: Option<GeneratorOptions> = "generatorOptions",
        configurations: Vec<Text> = "configurations",
        generators: Vec<Text> = "generators",
        transformers: Vec<Text> = "transformers",
        validators: Vec<Text> = "validators",
        build_metadata: Vec<Text> = "buildMetadata",
    }
}

go_struct! {
    /// Metadata of a kustomization file or of the configuration of a plugin.
    struct ObjectMeta: "types.ObjectMeta" {
        name: Text = "name",
        namespace: Text = "namespace",
        labels: StringMap = "labels",
        annotations: StringMap = "annotations",
    }
}

go_struct! {
    /// In which order resources are written.
    struct SortOptions: "types.SortOptions" {
        order: SortOrder = "order",
        legacy: Option<LegacySortOptions> = "legacySortOptions",
    }
}

go_struct! {
    /// The kinds that come first and last.
    struct LegacySortOptions: "types.LegacySortOptions" {
        first: Vec<Text> = "!orderFirst",
        last: Vec<Text> = "!orderLast",
    }
}

pub(super) const COMPONENT: &str = "Component";
const KUSTOMIZATION: &str = "Kustomization";
const EDIT_FIX: &str = "Run 'kustomize edit fix' to update your Kustomization automatically.";

/// Fields that have successors.
const DEPRECATED: [(&str, &str, &str); 6] = [
    ("bases", "resources", ""),
    ("commonLabels", "labels", ""),
    ("imageTags", "images", ""),
    ("patchesJson6902", "patches", ""),
    ("patchesStrategicMerge", "patches", ""),
    ("vars", "replacements", "[EXPERIMENTAL] "),
];

impl Kustomization {
    pub(in crate::render::kustomize) fn is_component(&self) -> bool {
        self.kind == COMPONENT
    }

    pub(in crate::render::kustomize) fn wants_metadata(&self, option: &str) -> bool {
        self.build_metadata.iter().any(|wanted| wanted == option)
    }

    /// Moves what old fields say into their successors.
    pub(in crate::render::kustomize) fn fix(&mut self) {
        if self.kind.is_empty() {
            self.kind = KUSTOMIZATION.into();
        }
        if self.api_version.is_empty() {
            self.api_version = required_version(&self.kind).into();
        }
        self.resources.append(&mut self.bases);
        self.images.append(&mut self.image_tags);
        let args = self.config_map_generator.iter_mut().map(|args| (&mut args.env, &mut args.envs));
        for (env, envs) in args.chain(self.secret_generator.iter_mut().map(|args| (&mut args.env, &mut args.envs))) {
            if !env.is_empty() {
                envs.push(std::mem::take(env));
            }
        }
        let mut globals = HelmGlobals::default();
        for old in std::mem::take(&mut self.helm_chart_inflation_generator) {
            if !old.helm_home.is_empty() {
                globals.config_home = old.helm_home.clone();
            }
            if !old.chart_home.is_empty() {
                globals.chart_home = old.chart_home.clone();
            }
            self.helm_charts.push(old.into());
        }
        if self.helm_globals.is_none() && globals != HelmGlobals::default() {
            self.helm_globals = Some(globals);
        }
    }

    fn complaints(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.kind != KUSTOMIZATION && self.kind != COMPONENT {
            found.push(format!("kind should be {KUSTOMIZATION} or {COMPONENT}"));
        }
        let required = required_version(&self.kind);
        if self.api_version != required {
            found.push(format!("apiVersion for {} should be {required}", self.kind));
        }
        found
    }
}

fn required_version(kind: &str) -> &'static str {
    if kind == COMPONENT { "kustomize.config.k8s.io/v1alpha1" } else { "kustomize.config.k8s.io/v1beta1" }
}

/// Reads what a kustomization file says, as it says it, with the value that it was read from.
///
/// # Errors
/// In kustomize's words.
pub(in crate::render::kustomize) fn decode_kustomization(
    text: &str,
    limits: &Limits,
) -> Result<(Kustomization, Value)> {
    let invalid = |error: String| Error::new(format!("invalid Kustomization: {error}"));
    let value = unmarshal(text, Numbers::Exact, limits)
        .map_err(|error| invalid(error.trim_start_matches("error converting YAML to JSON: ").to_owned()))?;
    let kustomization = decode(&value, Mode::Kustomization).map_err(invalid)?;
    Ok((kustomization, value))
}

/// Reads a kustomization file; warnings about old fields go to `warn`. `root` is its folder as messages show it.
///
/// # Errors
/// In kustomize's words.
pub(in crate::render::kustomize) fn read_kustomization(
    text: &str,
    root: &str,
    limits: &Limits,
    warn: &mut dyn FnMut(String),
) -> Result<Kustomization> {
    let (mut kustomization, value) = decode_kustomization(text, limits)?;
    for (old, new, mark) in DEPRECATED {
        if has(&value, old) {
            warn(format!("# Warning: '{old}' is deprecated. Please use '{new}' instead. {mark}{EDIT_FIX}"));
        }
    }
    kustomization.fix();
    if is_empty(&value) {
        return Err(Error::new("kustomization.yaml is empty"));
    }
    let complaints = kustomization.complaints();
    if complaints.is_empty() {
        return Ok(kustomization);
    }
    Err(Error::new(format!("Failed to read kustomization file under {root}:\n{}", complaints.join("\n"))))
}

fn has(value: &Value, field: &str) -> bool {
    let entries = || value.as_map().into_iter().flatten();
    entries().any(|(key, value)| key.eq_ignore_ascii_case(field) && !value.is_null())
}

// Beside kind and version nothing counts that leaves its field as it was; empty lists of old fields vanish when their
// items move to the new ones.
fn is_empty(value: &Value) -> bool {
    const MOVED: [&str; 3] = ["bases", "imageTags", "helmChartInflationGenerator"];
    let says_nothing = |(key, value): (&ecow::EcoString, &Value)| {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        is("kind")
            || is("apiVersion")
            || match value {
                Value::Null => true,
                Value::Str(text) => text.is_empty(),
                Value::Seq(items) => items.is_empty() && MOVED.iter().any(|name| is(name)),
                _ => false,
            }
    };
    value.as_map().into_iter().flatten().all(says_nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let read = read_kustomization(text, "/x", &Limits::default(), &mut |_| {});
        read.map(|_| String::new()).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_go() {
        for (text, want) in [
            ("namePrefix: 1", "cannot unmarshal number into Go struct field Kustomization.namePrefix of type string"),
            ("foo: 1", "unknown field \"foo\""),
            ("resources: a", "cannot unmarshal string into Go struct field Kustomization.resources of type []string"),
            (
                "images: [{newTag: 1.1}]",
                "cannot unmarshal number into Go struct field Image.images.newTag of type string",
            ),
            (
                "replicas: [{count: '1'}]",
                "cannot unmarshal string into Go struct field Replica.replicas.count of type int64",
            ),
            (
                "configMapGenerator: [{namespace: yes}]",
                "cannot unmarshal bool into Go struct field ConfigMapArgs.configMapGenerator.GeneratorArgs.namespace of \
                 type string",
            ),
            (
                "commonLabels: {a: 1}",
                "cannot unmarshal number into Go struct field Kustomization.commonLabels of type string",
            ),
        ] {
            assert_eq!(error(text), format!("invalid Kustomization: json: {want}"));
        }
        let want = "Failed to read kustomization file under /x:\nkind should be Kustomization or Component";
        assert_eq!(error("kind: Foo\nresources: [a]\n"), want);
        for text in ["", "{}", "kind: Kustomization\nnamePrefix: ''\nbases: []\n"] {
            assert_eq!(error(text), "kustomization.yaml is empty", "{text}");
        }
        assert_eq!(error("Resources: []"), "");
    }

    #[test]
    fn old_fields_move_to_new_ones_with_a_warning() {
        let text = "bases: [a]\nresources: [b]\nconfigMapGenerator: [{name: x, env: e.env}]\n";
        let mut warnings = Vec::new();
        let read = read_kustomization(text, "/x", &Limits::default(), &mut |text| warnings.push(text)).unwrap();
        assert_eq!(read.resources, ["b", "a"]);
        assert_eq!(read.config_map_generator[0].envs, ["e.env"]);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].starts_with("# Warning: 'bases' is deprecated. Please use 'resources' instead. Run"));
    }
}
